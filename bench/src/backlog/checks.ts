import type { Backlog } from './result.js';

const START_MS = 1_000;
const LEAST_USED = 0.95;
const MOST_MIB = 400;
/** A worker keeps 30,000 operations in memory; some more are being written to Postgres. */
const MOST_OPEN_RECORDS = 40_000;

/** What does not hold, a sentence for each. @param drained all operations should have ended. */
export function failuresOf(
  found: Omit<Backlog, 'at' | 'machine' | 'loadBefore' | 'failures'>,
  drained: boolean,
): string[] {
  const { states, twice, miniProgramsOutOfOrder, operations, probes, used, workersHeld } = found;
  const { fresh, others } = probes.acceptedToStartMs;
  const peakMiB = Math.max(...workersHeld.peakMiB);
  const ended = Object.keys(states).filter((state) => /^(FAILED|CANCELLED)/.test(state));
  const slow = (who: string, most: number) => `${who} started ${most} ms after it was accepted`;
  const checks: [boolean, string][] = [
    [fresh.most <= START_MS, slow('a query of a new mini-program', fresh.most)],
    [others.most <= START_MS, slow('a change of a mini-program without commits', others.most)],
    [probes.withoutCall === 0, `${probes.withoutCall} operations of other APIs had no call`],
    [probes.failed.length === 0, `operations of other APIs failed: ${probes.failed.join('; ')}`],
    [ended.length === 0, `ended: ${JSON.stringify(states)}`],
    [twice === 0, `${twice} commits were executed twice`],
    [miniProgramsOutOfOrder === 0, `${miniProgramsOutOfOrder} mini-programs out of order`],
    [used.afterwards >= LEAST_USED, `${used.afterwards} of the given out calls were made`],
    [peakMiB < MOST_MIB, `a worker held ${peakMiB} MiB`],
    [
      workersHeld.mostOpenRecords < MOST_OPEN_RECORDS,
      `a worker had ${workersHeld.mostOpenRecords} records open`,
    ],
    [!drained || (states.SUCCEEDED ?? 0) >= operations, `after the drain: ${JSON.stringify(states)}`],
  ];
  return checks.flatMap(([holds, failure]) => (holds ? [] : [failure]));
}
