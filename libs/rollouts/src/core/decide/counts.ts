import { isFinal } from '../advance/move.js';
import { isBefore } from '../pipeline.js';
import type { Count, WaveProgress } from '../rollout.js';
import type { Step } from '../target.js';

/** The number of targets that match, over some waves. */
export function countOf(waves: readonly WaveProgress[], matches: (count: Count) => boolean): number {
  let sum = 0;
  for (const { counts } of waves) for (const count of counts) if (matches(count)) sum += count.targets;
  return sum;
}

/** An operation is in progress or in doubt. */
export const isInFlight = ({ state, waitsFor }: Pick<Count, 'state' | 'waitsFor'>): boolean =>
  state === 'RUNNING' || state === 'IN_DOUBT' || waitsFor === 'OPERATION';

export const inFlightOf = (waves: readonly WaveProgress[], step: Step): number =>
  countOf(waves, (count) => count.step === step && isInFlight(count));

export const pendingOf = (waves: readonly WaveProgress[], step: Step, maxWave: number): number =>
  countOf(
    waves.filter(({ wave }) => wave <= maxWave),
    (count) => count.step === step && count.state === 'PENDING',
  );

/** Whether a target has passed the threshold of a gate: it has ended or, for submit gates, is past AUDIT. */
export function hasPassed(type: 'SUBMIT' | 'RELEASE', isRollback: boolean, count: Count): boolean {
  if (isFinal(count)) return true;
  return type === 'SUBMIT' && !isRollback && isBefore('AUDIT', count.step);
}
