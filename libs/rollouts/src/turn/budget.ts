import type { PlatformLimits, Progress, RolloutContext } from '../rollout.js';

/** How many speed-ups may still be requested, besides those in flight; 0 or more. `canSpeedUp` of the context: more than 0. */
export function speedUpRoom(
  context: Pick<RolloutContext, 'spec'>,
  progress: Progress,
  limits: Pick<PlatformLimits, 'quota'>,
): number {
  throw new Error(`not implemented: ${[context, progress, limits]}`);
}

/** What changes the width of the probes after an 85085. */
export type ProbeEvent =
  /** WeChat refused a submission with 85085. */
  | 'refused'
  /** The quota was read: audits are left, or it is unknown. The stop is lifted. */
  | 'quota-left'
  /** A submission succeeded. */
  | 'submitted'
  /** LiftApiStop was called. */
  | 'lifted';

/** The new `probe_width`. While it is refused, the stop of wxa/submit_audit prevents submissions, not the width. */
export function probeWidthAfter(width: number, event: ProbeEvent): number {
  throw new Error(`not implemented: ${[width, event]}`);
}
