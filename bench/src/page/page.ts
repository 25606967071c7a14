import { FIELD, PACKAGES } from '../contenders/field.js';
import type { Results, WorkloadName } from '../results.js';
import { boundsSection, outageSection, pushesSection, ratesSection, smallSection } from './beside.js';
import type { Section } from './section.js';
import { statementsSection } from './statements.js';
import { targets } from './targets.js';
import { acceptsSection, latencySection } from './waits.js';
import { workloadSection } from './workloads.js';

/** What is generated, by the path in bench/. */
export type Files = Record<string, string>;

type Tell = { [Name in keyof Results]?: (part: Results[Name], results: Partial<Results>) => Section };

const WORKLOADS: WorkloadName[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'kill'];

/** In the order of the page. */
const SECTIONS: Tell = {
  ...Object.fromEntries(
    WORKLOADS.map((name) => [
      name,
      (part: Results[WorkloadName], results: Partial<Results>) => workloadSection(name, part, results),
    ]),
  ),
  latency: latencySection,
  accepts: acceptsSection,
  small: smallSection,
  statements: statementsSection,
  rates: ratesSection,
  outage: outageSection,
  pushes: pushesSection,
  bounds: boundsSection,
};

/** bench/RESULTS.md and its charts, from the result files alone. */
export function pageOf(results: Partial<Results>): Files {
  const names = Object.keys(SECTIONS) as (keyof Results)[];
  const sections = names.filter((name) => results[name]).map((name) => sectionOf(name, results));
  const missing = names.filter((name) => results[name] === undefined);
  const lines = [
    ...beginning(results),
    ...sections.flatMap(({ lines: own }) => own),
    ...(missing.length === 0
      ? []
      : ['## Not measured', missing.map((name) => `\`${command(name)}\``).join(', ')]),
  ];
  const charts = sections.flatMap(({ charts: own }) => own);
  return {
    'RESULTS.md': `${lines.join('\n\n')}\n`,
    ...Object.fromEntries(charts.map(([name, svg]) => [`charts/${name}.svg`, svg])),
  };
}

function sectionOf<Name extends keyof Results>(name: Name, results: Partial<Results>): Section {
  const tell = SECTIONS[name] as (part: Results[Name], results: Partial<Results>) => Section;
  const { lines, charts } = tell(results[name] as Results[Name], results);
  const [heading = '', ...rest] = lines;
  return { lines: [heading, source(name, results[name]), ...rest], charts };
}

/** The command, when it was run, beside what, and the raw figures. */
function source(name: keyof Results, part: unknown): string {
  const { at, loadBefore } = part as { at?: string; loadBefore?: number };
  return [
    `\`${command(name)}\``,
    ...(at === undefined ? [] : [at.slice(0, 16).replace('T', ' ')]),
    ...(loadBefore === undefined ? [] : [`load ${loadBefore} before`]),
    `[raw figures](results/${name}.json)`,
  ].join(' · ');
}

function command(name: keyof Results): string {
  return name === 'small' ? 'npm run bench -- --quick' : `npm run bench -- --only ${name}`;
}

function beginning(results: Partial<Results>): string[] {
  return [
    '<!-- Generated from bench/results/*.json by `npm run bench -- --only page`, and after every part that is measured. -->',
    '# What the benchmark gave',
    `Ours beside what people would otherwise use ([contenders](contenders)), each written as its own documentation
recommends, with the same PostgreSQL, Kafka and simulator of WeChat, one after the other in interleaved rounds. Caller,
gateway, worker, simulator, PostgreSQL (durable commits) and Kafka share the machine. Told is the middle of all rounds,
in brackets the least and the most. What was tried to make it faster, and what that gave, is in [NOTES.md](NOTES.md).`,
    machines(results),
    '## Targets',
    targets(results),
    '## How to read the tables',
    NOT_COMPARABLE,
  ];
}

const NOT_COMPARABLE = `* L is WeChat's time for a call. Efficiency is the shortest time that the longest lane, latency and calls in flight allow,
  over the time it took from the first ask to the last effect, storing included.
* Each turn begins with a warm-up. Order, repetitions and what is missing are told by the simulator's ledger.
* Commits are asked for in rounds of one of each mini-program, a round when the one before is stored. That is kind to who
  keeps no order: the next commit of a mini-program is a whole round behind. Where each has but one, order is not asked for.
* Ours are asked for one by one over gRPC, as callers do; the others get a round in one call of theirs for many jobs,
  which is less work for them.
* ${slow()} are asked for a share of the jobs where their turns would take minutes.
* Ours, graphile-worker and pg-boss have a commit on disk before they say it is stored. Kafka has it in memory, Redis
  syncs once a second, as their documentation recommends or their defaults are.
* graphile-worker runs without its local queue, which would run the jobs of a named queue at once
  (graphile/worker#621), and is 0.17: later ones need Node 22. pg-boss asks for Node 22 too and works with Node 20.
* CPU is that of whole processes, servers' own work in a slow turn included: Kafka's is told also where it has no part.
  The caller is the benchmark itself. In a run of another day figures differ; ratios are those of two turns in one round.`;

function slow(): string {
  return FIELD.filter(({ share }) => share !== undefined)
    .map(({ name }) => `\`${name}\``)
    .join(' and ');
}

/** Machines and versions of all parts; one each, unless parts were run on several. */
function machines(results: Partial<Results>): string {
  const parts = Object.values(results) as { machine?: string; versions?: Record<string, string> }[];
  const known = new Set(parts.flatMap(({ machine }) => (typeof machine === 'string' ? machine : [])));
  const versions = new Map<string, Set<string>>();
  for (const [what, version] of parts.flatMap((part) => Object.entries(part.versions ?? {})))
    versions.set(what, (versions.get(what) ?? new Set()).add(version));
  const order = ['PostgreSQL', 'Kafka', 'redis', '@grpc/grpc-js', ...PACKAGES];
  const told = [...versions]
    .sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))
    .map(([what, all]) => `${what} ${[...all].sort().join(' and ')}`);
  return `${[[...known].join('; '), ...told].filter(Boolean).join(', ')}.`;
}
