// `npm run bench`: the small benchmark; `npm run bench -- --only rates`: the limit over all workers, 60 s each.
const BENCHMARKS: Record<string, () => Promise<unknown>> = {
  small: () => import('./small.js'),
  rates: () => import('./rates.js'),
};

const [option, name = 'small', ...rest] = process.argv.slice(2);
const run = BENCHMARKS[name];
if ((option !== undefined && option !== '--only') || run === undefined || rest.length > 0) {
  console.error(`usage: npm run bench -- --only ${Object.keys(BENCHMARKS).join('|')}`);
  process.exit(64);
}
await run();
