import { type Rollout, short } from '../types.js';
import { countOf, partsOf, type Segment, unfinished } from './segments.js';

export type Possible = ReturnType<typeof possibleWith>;

/** What can be done with a rollout in its state; `overFailed` is a copy over those that failed. A copy of a rollback would release what it took back. */
export function possibleWith({ state: given, open, rolledBackBy, rollbackOf, ...rollout }: Rollout) {
  const state = short(given);
  const isDraft = state === 'DRAFT';
  const isLive = state === 'RUNNING' || state === 'PAUSED';
  const failed = countOf(partsOf({ ...rollout, rollbackOf }, rollout.counts), 'failed');
  return {
    ...{ pause: state === 'RUNNING', resume: state === 'PAUSED', cancel: isLive || isDraft },
    rollBack: !isDraft && rolledBackBy === '' && rollbackOf === '',
    ...{ close: isLive && open, retry: isLive || state === 'COMPLETED', skip: isLive || isDraft },
    ...{ advance: isLive, copy: rollbackOf === '' },
    overFailed: !isDraft && rollbackOf === '' && failed > 0,
  };
}

/** The numbers that confirmations name. */
export function numbersOf(rollout: Pick<Rollout, 'spec' | 'rollbackOf' | 'counts'>) {
  const parts = partsOf(rollout, rollout.counts);
  const of = (segment: Segment) => countOf(parts, segment);
  return {
    unfinished: unfinished(rollout.counts),
    /** Those that a cancellation ends. */
    cancelled: unfinished(rollout.counts) - of('inDoubt'),
    ...{ audits: of('inAudit'), approved: of('approved'), gray: of('gray'), succeeded: of('succeeded') },
    released: of('succeeded') + of('verifying'),
  };
}
