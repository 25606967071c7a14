// `npm run bench`: the whole comparison, forty minutes.
// `npm run bench -- --quick`: a small benchmark, within a minute, its last line one JSON object.
// `npm run bench -- --only NAME`: one part of the comparison: a workload, `latency` or `accepts`. With names of
// contenders after that of a workload only those take part, and the figures are told, not kept:
// `npm run bench -- --only a ours bullmq`.
// Beside the comparison: `rates`, the limit over all workers, 60 s each; `bounds`, what a worker needs at most, with
// names after it only those parts; `outage [--minutes M]`, 10,000 operations through an outage of WeChat, 10 minutes
// unless told; `backlog`, 200,000 operations that wait for a limit, 5 minutes of them (its options: bench/src/backlog.ts);
// `pushes`, 2,000 pushes of WeChat's a second, with Kafka and without; `statements`, what PostgreSQL does for
// an operation, statement by statement; `profile`, what gateway and worker are busy with; `nodes PATH`, gateway and worker on this Node beside another, the figures told, not kept.
// `page`: the tables of bench/RESULTS.md from bench/results; every part that is kept writes them too.
import '@wxa/service/require-node';
import { accepts } from './accepts.js';
import { backlog } from './backlog.js';
import { compare } from './compare.js';
import { FIELD } from './contenders/field.js';
import { CONTESTS, type Contest } from './contenders/workloads.js';
import { latencies } from './latency.js';
import { nodes } from './nodes.js';
import { profile } from './profile.js';
import { acceptsSection, latencySection } from './report/other-sections.js';
import { workloadSection } from './report/workload.js';
import { writeReport } from './report/write-report.js';
import type { Results, WorkloadName } from './results.js';
import { keep, Run } from './run.js';

interface Part {
  run(names: string[]): Promise<unknown>;
  /** What may come after its name; absent: nothing; `any`: it reads that itself. */
  takes?: 'contenders' | 'any';
}

const run = new Run();

/** In the order of their turns. */
const COMPARISON: Record<string, Part> = {
  ...workloads(),
  latency: { run: async () => told('latency', await latencies(run), latencySection) },
  accepts: { run: async () => told('accepts', await accepts(run), acceptsSection) },
};

const OTHERS: Record<string, Part> = {
  rates: { run: () => import('./rates.js') },
  bounds: { run: () => import('./bounds.js'), takes: 'any' },
  outage: { run: () => import('./outage.js'), takes: 'any' },
  backlog: { run: (args) => backlog(run, args), takes: 'any' },
  pushes: { run: () => import('./pushes.js') },
  profile: { run: async () => told('profile', await profile(run), (part) => [JSON.stringify(part)]) },
  statements: { run: () => import('./statements.js'), takes: 'any' },
  nodes: { run: (args) => nodes(run, args), takes: 'any' },
  page: { run: writeReport },
};

const PARTS: Record<string, Part> = { ...COMPARISON, ...OTHERS };
const contenders = FIELD.map(({ name }) => name);

const [option, name = '', ...rest] = process.argv.slice(2);
if (option === undefined) await all();
else if (option === '--quick' && process.argv.length === 3) await import('./small.js');
else if (option === '--only' && mayFollow(PARTS[name], rest)) await PARTS[name]?.run(rest);
else wrong();

async function all(): Promise<void> {
  for (const part of Object.values(COMPARISON)) await part.run([]);
  process.exit(0);
}

function workloads(): Record<string, Part> {
  return Object.fromEntries(
    Object.entries(CONTESTS).map(([letter, contest]) => [
      letter,
      { run: (names: string[]) => workload(letter, contest, names), takes: 'contenders' },
    ]),
  );
}

async function workload(letter: string, contest: Contest, names: string[]): Promise<void> {
  const part = await compare(run, letter, contest, names);
  console.log(workloadSection(letter as WorkloadName, part).join('\n\n'));
  if (names.length === 0) await keep(letter as WorkloadName, part);
}

async function told<Name extends keyof Results>(
  name: Name,
  part: Results[Name],
  tell: (part: Results[Name]) => string[],
): Promise<void> {
  console.log(tell(part).join('\n\n'));
  await keep(name, part);
}

function mayFollow(part: Part | undefined, names: string[]): boolean {
  if (part?.takes === 'contenders') return names.every((one) => contenders.includes(one));
  return part !== undefined && (part.takes === 'any' || names.length === 0);
}

function wrong(): never {
  console.error(`usage: npm run bench -- [--quick | --only ${Object.keys(PARTS).join('|')}]
after a workload's letter: ${contenders.join(', ')}`);
  process.exit(64);
}
