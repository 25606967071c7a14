// `npm run bench`: the whole comparison with the alternatives, 40 minutes.
// `npm run bench -- --quick`: a quick benchmark, within a minute; its last line is one JSON object.
// `npm run bench -- --only NAME`: one part: a workload (`a` to `h`, `kill`), `latency` or `accepts`. Names of contenders after a
// workload limit it to these, and the results are printed but not stored: `npm run bench -- --only a ours bullmq`.
// `npm run bench -- --only report` writes the tables of bench/RESULTS.md from bench/results, as each stored part does.
// `npm run bench -- --only statements` prints what an operation costs in PostgreSQL, by statement and by index.
// `npm run bench -- --against REF`: the working tree and another commit alternately (bench/NOTES.md); nothing is stored.
// `npm run bench -- --doors`: likewise with the doors of docs/adoption.md and without them, 5 minutes.
import '@wxa/service/require-node';
import { accepts } from './accepts.js';
import { against } from './against/against.js';
import { doors } from './against/doors.js';
import { compare } from './compare.js';
import { CONTENDERS } from './contenders/contender-list.js';
import { SCENARIOS, type Scenario } from './contenders/workloads.js';
import { latencies } from './latency.js';
import { acceptsSection, latencySection } from './report/other-sections.js';
import { workloadSection } from './report/workload.js';
import { writeReport } from './report/write-report.js';
import type { Results, WorkloadName } from './results.js';
import { Run, storeResult } from './run.js';
import { small } from './small.js';
import { statements } from './statements.js';

type Part = (contenders: string[]) => Promise<unknown>;

const run = new Run();

const WORKLOADS: Record<string, Part> = Object.fromEntries(
  Object.entries(SCENARIOS).map(([name, scenario]) => [name, workload(name as WorkloadName, scenario)]),
);

/** The parts of the comparison, in their order. */
const COMPARISON: Record<string, Part> = {
  ...WORKLOADS,
  latency: async () => printAndStore('latency', await latencies(run), latencySection),
  accepts: async () => printAndStore('accepts', await accepts(run), acceptsSection),
};

const PARTS: Record<string, Part> = { ...COMPARISON, report: writeReport, statements: () => statements(run) };
const contenders = CONTENDERS.map(({ name }) => name);

const [option, name = '', ...rest] = process.argv.slice(2);
if (option === undefined) {
  for (const part of Object.values(COMPARISON)) await part([]);
  process.exit(0);
} else if (option === '--quick' && name === '') await small(run);
else if (option === '--against' && name !== '') await against(run, name, rest);
else if (option === '--doors') await doors(run, process.argv.slice(3));
else if (option === '--only' && accepted(name, rest)) await PARTS[name]?.(rest);
else {
  console.error(`usage: npm run bench -- [--quick | --only ${Object.keys(PARTS).join('|')} | --against REF [--rounds N] [--seconds N] [--max-cpu RATIO] | --doors [--rounds N] [--seconds N]]
after the name of a workload, optionally contenders: ${contenders.join(', ')}`);
  process.exit(64);
}

/** Only workloads take arguments. */
function accepted(part: string, args: string[]): boolean {
  return part in PARTS && args.every((one) => part in WORKLOADS && contenders.includes(one));
}

function workload(name: WorkloadName, scenario: Scenario): Part {
  return async (names) => {
    const part = await compare(run, name, scenario, names);
    console.log(workloadSection(name, part).join('\n\n'));
    if (names.length === 0) await storeResult(name, part);
  };
}

async function printAndStore<Name extends keyof Results>(
  name: Name,
  result: Results[Name],
  section: (result: Results[Name]) => string[],
): Promise<void> {
  console.log(section(result).join('\n\n'));
  await storeResult(name, result);
}
