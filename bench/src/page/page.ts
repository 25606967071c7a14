import type { Results, WorkloadName } from '../results.js';
import { backlogSection } from './backlog.js';
import { beginning } from './beginning.js';
import { boundsSection, outageSection, pushesSection, ratesSection, smallSection } from './beside.js';
import { profileSection } from './profile.js';
import type { Section } from './section.js';
import { statementsSection } from './statements.js';
import { acceptsSection, latencySection } from './waits.js';
import { workloadSection } from './workloads.js';

/** What is generated, by the path in bench/. */
export type Files = Record<string, string>;

/** What the page is made from. */
export type Pageable = Partial<Results>;

type Name = keyof Pageable;
type Tell = { [N in Name]: (part: NonNullable<Pageable[N]>, results: Pageable) => Section };

const WORKLOADS: WorkloadName[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'kill'];

/** In the order of the page. */
const SECTIONS: Partial<Tell> = {
  ...Object.fromEntries(
    WORKLOADS.map((name) => [
      name,
      (part: Results[WorkloadName], results: Pageable) => workloadSection(name, part, results),
    ]),
  ),
  latency: latencySection,
  accepts: acceptsSection,
  profile: profileSection,
  small: smallSection,
  statements: statementsSection,
  rates: ratesSection,
  outage: outageSection,
  backlog: backlogSection,
  pushes: pushesSection,
  bounds: boundsSection,
};

/** bench/RESULTS.md and its charts, from the result files alone. */
export function pageOf(results: Pageable): Files {
  const names = Object.keys(SECTIONS) as Name[];
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

function sectionOf<N extends Name>(name: N, results: Pageable): Section {
  const tell = SECTIONS[name] as Tell[N];
  const { lines, charts } = tell(results[name] as NonNullable<Pageable[N]>, results);
  const [heading = '', ...rest] = lines;
  return { lines: [heading, source(name, results[name]), ...rest], charts };
}

/** The command, when it was run, beside what, and the raw figures. */
function source(name: Name, part: unknown): string {
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
    .flatMap(({ at }) => (typeof at === 'string' ? at : []))
    .sort()
    .at(-1);
}

function command(name: Name): string {
  return name === 'small' ? 'npm run bench -- --quick' : `npm run bench -- --only ${name}`;
}
