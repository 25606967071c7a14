import type { Move } from '../../core/advance/move.js';
import { retryOf } from '../../core/commands.js';
import { firstStepOf } from '../../core/pipeline.js';
import { MAX_TARGETS, type RolloutContext } from '../../core/rollout.js';
import type { Candidate } from '../../core/target.js';
import { TURN_SIZE, type TurnStart } from '../../rows/take-turn.js';
import { discardCandidates, takeCandidates, wakeOthers } from './candidates.js';

/** What a turn made of the candidates of its rollout. */
export interface Intake {
  /** How many became targets of the last wave. */
  added: number;
  /** Those that were targets before. */
  again: ReadonlySet<string>;
  /** Whether there may be more. */
  isMore: boolean;
}

const NOTHING: Intake = { added: 0, again: new Set(), isMore: false };

/** Makes candidates targets of the last wave, also while the rollout is paused; those of a closed rollout came before its close. */
export async function takeInCandidates(
  { client, rollout }: TurnStart,
  { spec, state, isRollback }: Pick<RolloutContext, 'spec' | 'state' | 'isRollback'>,
): Promise<Intake> {
  if (spec.continuous === undefined || (state !== 'RUNNING' && state !== 'PAUSED')) return NOTHING;
  const limit = Math.min(TURN_SIZE, MAX_TARGETS - rollout.targets);
  if (limit <= 0) {
    await discardCandidates(client, rollout.id);
    return NOTHING;
  }
  const place = { wave: spec.waves.length, step: firstStepOf(spec, isRollback) };
  const taken = await takeCandidates(client, rollout, { limit, ...place });
  const added = taken.filter(({ isNew }) => isNew).map(({ appid }) => appid);
  const known = taken.filter(({ isNew }) => !isNew).map(({ appid }) => appid);
  await wakeOthers(client, rollout.id, added);
  return { added: added.length, again: new Set(known), isMore: taken.length >= limit };
}

/** What a new authorization may have changed. No other end is repeated by itself. */
const REPEATED: ReadonlySet<string | undefined> = new Set(['NOT_AUTHORIZED', 'NOT_READY']);

/** The move of a target that has authorized again; undefined if it is left as it is. */
export function beginAgain(
  { target, facts }: Candidate,
  context: RolloutContext,
  now: Date,
): Move | undefined {
  const isRepeated = target.state === 'SKIPPED' && REPEATED.has(target.error?.reason);
  return isRepeated ? retryOf({ target, facts, context, now }, null) : undefined;
}
