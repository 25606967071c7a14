// `npm run bench`: the whole comparison, 40 minutes.
// `npm run bench -- --quick`: a quick benchmark, within a minute; its last line is one JSON object.
// `npm run bench -- --only NAME`: one part: a workload (`a` to `h`, `kill`), `latency`, `accepts`, `access` or `rollouts`. Names of
// contenders after a workload limit it to these, and the results are printed but not stored:
// `npm run bench -- --only a ours bullmq`. `--only latency --rate 400` submits 400 operations per second instead of half of what
// waves reach, so that two builds can be compared at the same rate; this result is not stored either.
// `--only rollout-rate --baseline FOLDER` alternates with another build (bench/NOTES.md); with `--targets 300` it is short and not stored.
// Not part of the comparison: `backlog`, 200,000 operations that wait for a rate limit (options: bench/src/backlog.ts), and
// `report`, which writes the tables of bench/RESULTS.md from bench/results, as each stored part does.
import '@wxa/service/require-node';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { accepts } from './accepts.js';
import { access } from './access.js';
import { against } from './against/against.js';
import { backlog } from './backlog.js';
import { compare } from './compare.js';
import { CONTENDERS } from './contenders/contender-list.js';
import { SCENARIOS, type Scenario } from './contenders/workloads.js';
import { latencies } from './latency.js';
import { accessSection } from './report/access-section.js';
import { acceptsSection, latencySection } from './report/other-sections.js';
import { type ROLLOUT_PARTS, rolloutFiguresSection, rolloutsSection } from './report/rollouts-section.js';
import { workloadSection } from './report/workload.js';
import { writeReport } from './report/write-report.js';
import type { Results, RolloutFigures, WorkloadName } from './results.js';
import { atRate } from './rollouts/at-rate.js';
import { kills } from './rollouts/kills.js';
import { live } from './rollouts/live.js';
import { rollouts } from './rollouts/rollouts.js';
import { steps } from './rollouts/steps.js';
import { Run, storeResult } from './run.js';
import { small } from './small.js';

interface Part {
  run(args: string[]): Promise<unknown>;
  /** The arguments that may follow its name; absent: none. */
  accepts?: 'contenders' | 'rate' | 'any';
}

const run = new Run();

/** The parts of the comparison, in their order. */
const COMPARISON: Record<string, Part> = {
  ...Object.fromEntries(
    Object.entries(SCENARIOS).map(([name, scenario]) => [name, workload(name, scenario)]),
  ),
  latency: { run: measureLatency, accepts: 'rate' },
  accepts: { run: async () => printAndStore('accepts', await accepts(run), acceptsSection) },
  access: { run: async () => printAndStore('access', await access(run), accessSection) },
  rollouts: { run: async () => printAndStore('rollouts', await rollouts(run), rolloutsSection) },
};

const PARTS: Record<string, Part> = {
  ...COMPARISON,
  'rollout-steps': rolloutPart('rollout-steps', steps),
  'rollout-rate': { run: measureAtRate, accepts: 'any' },
  'rollout-live': rolloutPart('rollout-live', live),
  'rollout-kills': rolloutPart('rollout-kills', kills),
  backlog: { run: (args) => backlog(run, args), accepts: 'any' },
  report: { run: writeReport },
};
const contenders = CONTENDERS.map(({ name }) => name);

const [option, name = '', ...rest] = process.argv.slice(2);
if (option === undefined) {
  for (const part of Object.values(COMPARISON)) await part.run([]);
  process.exit(0);
} else if (option === '--quick' && process.argv.length === 3) await small(run);
else if (option === '--against' && name !== '') await against(run, [name, ...rest]);
else if (option === '--only' && acceptsArguments(PARTS[name], rest)) await PARTS[name]?.run(rest);
else {
  console.error(`usage: npm run bench -- [--quick | --only ${Object.keys(PARTS).join('|')}]
after the name of a workload, optionally contenders: ${contenders.join(', ')}
after latency, optionally --rate OPERATIONS_PER_SECOND; after rollout-rate, --baseline FOLDER and --targets NUMBER`);
  process.exit(64);
}

function rolloutPart(
  name: (typeof ROLLOUT_PARTS)[number],
  measure: (run: Run) => Promise<RolloutFigures>,
): Part {
  return {
    run: async () => printAndStore(name, await measure(run), (part) => rolloutFiguresSection(name, part)),
  };
}

function workload(name: string, scenario: Scenario): Part {
  const workloadName = name as WorkloadName;
  return {
    accepts: 'contenders',
    async run(names) {
      const part = await compare(run, workloadName, scenario, names);
      console.log(workloadSection(workloadName, part).join('\n\n'));
      if (names.length === 0) await storeResult(workloadName, part);
    },
  };
}

async function measureLatency([, rate]: string[]): Promise<void> {
  if (rate === undefined) return printAndStore('latency', await latencies(run), latencySection);
  console.log(latencySection(await latencies(run, Number(rate))).join('\n\n'));
}

async function measureAtRate(args: string[]): Promise<void> {
  const options = { baseline: { type: 'string' }, targets: { type: 'string' } } as const;
  const { baseline, targets } = parseArgs({ args, options }).values;
  const figures = await atRate(run, {
    ...(baseline !== undefined && { baseline: resolve(baseline) }),
    ...(targets !== undefined && { targets: Number(targets) }),
  });
  if (targets === undefined) return printAndStore('rollout-rate', figures, rateSection);
  console.log(rateSection(figures).join('\n\n'));
}

function rateSection(figures: RolloutFigures): string[] {
  return rolloutFiguresSection('rollout-rate', figures);
}

async function printAndStore<Name extends keyof Results>(
  name: Name,
  result: Results[Name],
  section: (result: Results[Name]) => string[],
): Promise<void> {
  console.log(section(result).join('\n\n'));
  await storeResult(name, result);
}

function acceptsArguments(part: Part | undefined, args: string[]): boolean {
  if (part?.accepts === 'contenders') return args.every((one) => contenders.includes(one));
  if (part?.accepts === 'rate' && args.length > 0) return /^--rate [1-9]\d*$/.test(args.join(' '));
  return part !== undefined && (part.accepts === 'any' || args.length === 0);
}
