import { type CloseCause, isLastGateOpen } from '../../core/continuous.js';
import { MAX_TARGETS } from '../../core/rollout.js';
import { closedFor } from '../../rows/journal.js';
import type { Moved } from '../move.js';
import { progressOf } from '../read.js';
import { takeInMissed } from './candidates.js';
import { closeReplaced } from './take-over.js';

/** How often a turn looks for newcomers that no transaction has taken in. */
export const CHECK_MS = 3_600_000;
/** Those of the time before were looked for by earlier turns. For 100,000 newcomers a look takes 2 s. */
const RECENT_MS = 24 * CHECK_MS;

/** Closes an open rollout whose time or room is over; otherwise begins its intake, and looks for newcomers that were missed. */
export async function followIntake(turn: Moved): Promise<Moved> {
  const { context, intake, rollout } = turn;
  if (!intake.isOpen || context.state === 'CANCELLING') return turn;
  const { endTime } = context.spec.continuous ?? {};
  if (endTime !== undefined && endTime <= rollout.now) return closed(turn, 'END_TIME');
  if (intake.targets >= MAX_TARGETS) return closed(turn, 'TARGET_LIMIT');
  return withMissed(await begun(turn));
}

function closed(turn: Moved, cause: Exclude<CloseCause, 'REPLACED'>): Moved {
  const intake = { ...turn.intake, isOpen: false };
  return { ...turn, intake, journal: [...turn.journal, closedFor(cause)] };
}

/** A rollout that takes over begins to take in when its last submit gate is open: no newcomer is part of a canary. */
async function begun(turn: Moved): Promise<Moved> {
  const { client, context, intake, rollout } = turn;
  if (intake.since !== null || context.state !== 'RUNNING') return turn;
  if (!isLastGateOpen(context, progressOf(turn))) return turn;
  const replaced = context.spec.continuous?.replaces ?? '';
  const isDone = await closeReplaced(client, replaced, rollout.id);
  // The next turn takes the candidates of the other one.
  const next = isDone ? { since: rollout.now, isMore: true } : { isBusy: true };
  return { ...turn, intake: { ...intake, ...next } };
}

async function withMissed(turn: Moved): Promise<Moved> {
  const { client, context, intake, rollout } = turn;
  const { since, checkedAt } = intake;
  const { now } = rollout;
  if (since === null || (checkedAt !== null && now.getTime() - checkedAt.getTime() < CHECK_MS)) return turn;
  const isReplacing = context.spec.continuous?.replaces !== '';
  const begin = isReplacing ? rollout.createdAt : since;
  const recent = checkedAt === null ? 0 : checkedAt.getTime() - RECENT_MS;
  const from = { since: new Date(Math.max(begin.getTime(), recent)), intakeSince: since };
  const { isAny, isMore } = await takeInMissed(client, rollout.id, from);
  const again = { checkedAt: isMore ? checkedAt : now, isMore: intake.isMore || isAny };
  return { ...turn, intake: { ...intake, ...again } };
}
