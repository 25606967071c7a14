import type { ProfilePart } from '../results.js';
import { table, whole } from './markdown.js';
import type { Section } from './section.js';

/** Of each process; below, they say nothing. */
const MOST_ROWS = 15;

export function profileSection({ operations, workload, processes }: ProfilePart): Section {
  const { gateway, worker } = processes;
  const rows = Array.from({ length: Math.min(MOST_ROWS, Math.max(gateway.length, worker.length)) }, (_, i) =>
    [gateway[i], worker[i]].flatMap((share) =>
      share ? [`\`${share.what}\``, `${share.percent} %`] : ['', ''],
    ),
  );
  return {
    lines: [
      '## What gateway and worker are busy with',
      `Profiles of both (\`node --cpu-prof\`) in a wave of ${whole(operations)} operations, L = ${workload.latencyMs} ms, ${workload.count} mini-programs, ${workload.inFlight} in flight: the largest shares of the
time in which the process was not idle, by package and by file of ours, by the clock: who is put off the CPU in the middle
of a write seems to write for longer.`,
      table(['gateway', '', 'worker', ''], rows),
    ],
    charts: [],
  };
}
