import type { Results, WorkloadName } from '../results.js';
import { beginning } from './beginning.js';
import { boundsSection, outageSection, pushesSection, ratesSection, smallSection } from './beside.js';
import { profileSection } from './profile.js';
import type { Section } from './section.js';
import { statementsSection } from './statements.js';
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
  profile: profileSection,
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
    ...Object.fromEntries(charts.map(({ name, svg }) => [`charts/${name}.svg`, svg])),
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
  const { at = lastOf(part), loadBefore } = part as { at?: string; loadBefore?: number };
  return [
    `\`${command(name)}\``,
    ...(at === undefined ? [] : [at.slice(0, 16).replace('T', ' ')]),
    ...(loadBefore === undefined ? [] : [`load ${loadBefore} before`]),
    `[raw figures](results/${name}.json)`,
  ].join(' · ');
}

/** Where pieces of a part are measured one by one. */
function lastOf(part: unknown): string | undefined {
  return (Object.values(part as object) as { at?: string }[])
    .flatMap(({ at }) => at ?? [])
    .sort()
    .at(-1);
}

function command(name: keyof Results): string {
  return name === 'small' ? 'npm run bench -- --quick' : `npm run bench -- --only ${name}`;
}
