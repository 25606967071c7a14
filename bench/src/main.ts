// `npm run bench`: the whole comparison, forty minutes.
// `npm run bench -- --quick`: a small benchmark, within a minute; its last line is one JSON object.
// `npm run bench -- --only NAME`: one part: a workload (`a` to `h`, `kill`), `latency` or `accepts`. Names of contenders after
// that of a workload limit it to these, and the results are printed, not stored: `npm run bench -- --only a ours bullmq`.
// Apart from the comparison: `backlog`, 200,000 operations that wait for a rate limit (its options: bench/src/backlog.ts);
// `report`, the tables of bench/RESULTS.md from bench/results, which each stored part writes too.
import '@wxa/service/require-node';
import { accepts } from './accepts.js';
import { backlog } from './backlog.js';
import { compare } from './compare.js';
import { FIELD } from './contenders/field.js';
import { CONTESTS, type Contest } from './contenders/workloads.js';
import { latencies } from './latency.js';
import { acceptsSection, latencySection } from './report/other-sections.js';
import { workloadSection } from './report/workload.js';
import { writeReport } from './report/write-report.js';
import type { Results, WorkloadName } from './results.js';
import { keep, Run } from './run.js';
import { small } from './small.js';

interface Part {
  run(args: string[]): Promise<unknown>;
  /** What may follow its name; absent: nothing. */
  takes?: 'contenders' | 'any';
}

const run = new Run();

/** In the order of their turns. */
const COMPARISON: Record<string, Part> = {
  ...Object.fromEntries(Object.entries(CONTESTS).map(([name, contest]) => [name, workload(name, contest)])),
  latency: { run: async () => stored('latency', await latencies(run), latencySection) },
  accepts: { run: async () => stored('accepts', await accepts(run), acceptsSection) },
};

const PARTS: Record<string, Part> = {
  ...COMPARISON,
  backlog: { run: (args) => backlog(run, args), takes: 'any' },
  report: { run: writeReport },
};
const contenders = FIELD.map(({ name }) => name);

const [option, name = '', ...rest] = process.argv.slice(2);
if (option === undefined) {
  for (const part of Object.values(COMPARISON)) await part.run([]);
  process.exit(0);
} else if (option === '--quick' && process.argv.length === 3) await small(run);
else if (option === '--only' && mayFollow(PARTS[name], rest)) await PARTS[name]?.run(rest);
else {
  console.error(`usage: npm run bench -- [--quick | --only ${Object.keys(PARTS).join('|')}]
after a workload's letter: ${contenders.join(', ')}`);
  process.exit(64);
}

function workload(name: string, contest: Contest): Part {
  const letter = name as WorkloadName;
  return {
    takes: 'contenders',
    async run(names) {
      const part = await compare(run, letter, contest, names);
      console.log(workloadSection(letter, part).join('\n\n'));
      if (names.length === 0) await keep(letter, part);
    },
  };
}

async function stored<Name extends keyof Results>(
  name: Name,
  result: Results[Name],
  section: (result: Results[Name]) => string[],
): Promise<void> {
  console.log(section(result).join('\n\n'));
  await keep(name, result);
}

function mayFollow(part: Part | undefined, args: string[]): boolean {
  if (part?.takes === 'contenders') return args.every((one) => contenders.includes(one));
  return part !== undefined && (part.takes === 'any' || args.length === 0);
}
