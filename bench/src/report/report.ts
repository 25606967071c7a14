import type { Results } from '../results.js';
import { comparisonSection } from './comparison.js';
import { acceptsSection, latencySection } from './other-sections.js';
import { targetsSection } from './targets.js';
import { workloadSection } from './workload.js';

/** The tables of bench/RESULTS.md, from the stored results only. */
export function reportOf(results: Partial<Results>): string {
  const lines = [
    ...targetsSection(results),
    ...comparisonSection(results),
    ...section(results, 'kill', (part) => workloadSection('kill', part)),
    ...section(results, 'latency', latencySection),
    ...section(results, 'accepts', acceptsSection),
  ];
  return lines.join('\n\n');
}

/** The section of one part, with its command, date and link to the raw results below the heading. */
function section<Name extends keyof Results>(
  results: Partial<Results>,
  name: Name,
  write: (part: Results[Name]) => string[],
): string[] {
  const part = results[name] as Results[Name] | undefined;
  if (part === undefined) return [];
  const [heading = '', ...rest] = write(part);
  const { at, loadBefore } = part;
  const source = [
    `\`npm run bench -- --only ${name}\``,
    at.slice(0, 16).replace('T', ' '),
    `load average ${loadBefore} before`,
    `[raw results](results/${name}.json)`,
  ];
  return [heading, source.join(' · '), ...rest];
}
