import type { Results, WorkloadName } from '../results.js';
import { acceptsSection, latencySection, smallSection } from './other-sections.js';
import { targetsSection } from './targets.js';
import { workloadSection } from './workload.js';

const WORKLOADS: WorkloadName[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'kill'];

/** The tables of bench/RESULTS.md, from the stored results only. */
export function reportOf(results: Partial<Results>): string {
  const lines = [
    ...targetsSection(results),
    ...WORKLOADS.flatMap((name) => section(results, name, (part) => workloadSection(name, part))),
    ...section(results, 'latency', latencySection),
    ...section(results, 'accepts', acceptsSection),
    ...section(results, 'small', smallSection),
  ];
  return lines.join('\n\n');
}

/** The section of one part, with its command, date and link to the raw results below the heading. */
function section<Name extends keyof Results>(
  results: Partial<Results>,
  name: Name,
  write: (part: Results[Name]) => string[],
): string[] {
  const part = results[name];
  if (part === undefined) return [];
  const [heading = '', ...rest] = write(part as Results[Name]);
  const command = name === 'small' ? 'npm run bench -- --quick' : `npm run bench -- --only ${name}`;
  const { at, loadBefore } = part as { at: string; loadBefore?: number };
  const source = [
    `\`${command}\``,
    at.slice(0, 16).replace('T', ' '),
    ...(loadBefore === undefined ? [] : [`load average ${loadBefore} before`]),
    `[raw results](results/${name}.json)`,
  ];
  return [heading, source.join(' · '), ...rest];
}
