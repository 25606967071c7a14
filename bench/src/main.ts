// `npm run bench`, or with `-- --quick`: the small benchmark, within a minute, its last line one JSON object;
// `npm run bench -- --only rates`: the limit over all workers, 60 s each;
// `npm run bench -- --only bounds`: what a worker needs at most, with names after it only those parts;
// `npm run bench -- --only outage [--minutes M]`: 10,000 operations through an outage of WeChat, 10 minutes unless told;
// `npm run bench -- --only pushes`: 2,000 pushes of WeChat's a second, with Kafka and without;
// `npm run bench -- --only contenders`: beside what people would otherwise use, with names after it only those parts.
const BENCHMARKS: Record<string, () => Promise<unknown>> = {
  small: () => import('./small.js'),
  rates: () => import('./rates.js'),
  bounds: () => import('./bounds.js'),
  outage: () => import('./outage.js'),
  pushes: () => import('./pushes.js'),
  contenders: () => import('./contenders.js'),
};
/** These read what comes after their name themselves. */
const WITH_ARGUMENTS = ['bounds', 'outage', 'contenders'];

const [option = '--quick', name = 'small', ...rest] = process.argv.slice(2);
const run = BENCHMARKS[name];
if (
  !(option === '--only' || (option === '--quick' && process.argv.length < 4)) ||
  run === undefined ||
  (!WITH_ARGUMENTS.includes(name) && rest.length > 0)
) {
  console.error(`usage: npm run bench -- [--quick] | --only ${Object.keys(BENCHMARKS).join('|')}`);
  process.exit(64);
}
await run();
