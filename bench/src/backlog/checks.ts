import type { Backlog } from './result.js';

const MAX_START_MS = 1_000;
const MIN_USED = 0.95;
const MAX_MIB = 400;
/** A worker keeps 30,000 operations in memory; some more are being written to Postgres. */
const MAX_INFLIGHT_RECORDS = 40_000;

/** A sentence for each failed check. @param drained whether all operations should have ended. */
export function failuresOf(
  found: Omit<Backlog, 'at' | 'machine' | 'loadBefore' | 'failures'>,
  drained: boolean,
): string[] {
  const { states, twice, miniProgramsOutOfOrder, operations, probes, used, workerPeaks } = found;
  const { fresh, others } = probes.acceptedToStartMs;
  const peakMiB = Math.max(...workerPeaks.peakMiB);
  const ended = Object.keys(states).filter((state) => /^(FAILED|CANCELLED)/.test(state));
  const slow = (what: string, ms: number) => `${what} started ${ms} ms after it was accepted`;
  const checks: [boolean, string][] = [
    [fresh.most <= MAX_START_MS, slow('a query of a new mini-program', fresh.most)],
    [others.most <= MAX_START_MS, slow('a change of a mini-program without commits', others.most)],
    [probes.withoutCall === 0, `${probes.withoutCall} operations of other APIs made no call`],
    [probes.failed.length === 0, `operations of other APIs failed: ${probes.failed.join('; ')}`],
    [ended.length === 0, `ended: ${JSON.stringify(states)}`],
    [twice === 0, `${twice} commits were executed twice`],
    [miniProgramsOutOfOrder === 0, `${miniProgramsOutOfOrder} mini-programs out of order`],
    [used.afterwards >= MIN_USED, `only ${used.afterwards} of the allocated calls were made`],
    [peakMiB < MAX_MIB, `a worker used ${peakMiB} MiB`],
    [
      workerPeaks.inFlightRecords < MAX_INFLIGHT_RECORDS,
      `a worker had ${workerPeaks.inFlightRecords} records in flight`,
    ],
    [!drained || (states.SUCCEEDED ?? 0) >= operations, `after the drain: ${JSON.stringify(states)}`],
  ];
  return checks.flatMap(([holds, failure]) => (holds ? [] : [failure]));
}
