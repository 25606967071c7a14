import { type CloudEvent, outcomeEvent, RolloutHold, RolloutHold_Cause } from '@wxa/contracts';
import { accept, cancelUnsent, type StoredOperation } from '@wxa/operations';
import { writeOutbox } from '@wxa/postgres/outbox';
import type { Move } from '../core/advance/move.js';
import { hasWaveEnded, stateAfter } from '../core/decide/counts.js';
import type { Step } from '../core/target.js';
import {
  type JournalEntry,
  openEntries,
  type StoredEntry,
  writeCommand,
  writeJournal,
  writePublished,
} from '../rows/journal.js';
import { TURN_SIZE } from '../rows/take-turn.js';
import {
  addToCounts,
  adopt,
  nextDueAt,
  readSoon,
  type WrittenRollout,
  wake,
  wakeWaiting,
  writeRollout,
  writeTargets,
  writeWaves,
} from '../rows/write-turn.js';
import type { Admitted } from './admit.js';
import { eventsOf } from './events.js';
import { discardCandidates } from './intake/candidates.js';
import { CHECK_MS } from './intake/follow-intake.js';
import { progressOf, wavesOf } from './read.js';

const DUE_AGAIN_MS = 1_000;
/** What its caller has in progress besides this rollout is counted so often, and wakes no rollout. */
const LIMITED_MS = 5_000;
/** The targets in `latest` of WatchRollout. */
const LATEST = 20;

/** What a committed turn did. */
export interface TurnReport {
  rollout: { id: string; caller: string };
  /** The journal entries that it published. */
  entries: readonly Pick<StoredEntry, 'seq' | 'type' | 'caller' | 'reason' | 'args'>[];
  /** Its moves; `step` is the one that the target was in. */
  results: readonly {
    step: Step;
    move: Pick<Move, 'stepResult'> & { target: Pick<Move['target'], 'state'> };
  }[];
}

/** Ends what has ended, and writes all that follows from the turn. */
export async function writeTurn(admitted: Admitted): Promise<TurnReport> {
  const turn = ended(admitted);
  const { client, author, rollout, moves, journal, command } = turn;
  const { id } = rollout;
  await writeTargets(client, rollout, moves.targets);
  await readSoon(client, moves.toRead);
  await addToCounts(client, id, moves.counts.differences);
  const nextTurnAt = await nextTurnAfter(turn);
  await writeWaves(client, id, [...turn.changedWaves.values()]);
  await writeJournal(client, rollout, { caller: null, onBehalfOf: null }, journal);
  if (command !== undefined) await writeCommand(client, id, command);
  await wakeWaiting(client, id, moves.released);
  const lastSeq = BigInt(rollout.lastSeq) + BigInt(journal.length);
  await writeRollout(client, rollout, rolloutOf(turn, nextTurnAt), lastSeq);
  if (isOver(turn) && turn.context.spec.continuous !== undefined) await discardCandidates(client, id);
  const entries = await openEntries(client, id);
  const { events, published } = await eventsOf(turn, entries);
  await writeOutbox(client, author.writer, events);
  await writePublished(client, id, published);
  await acceptOperations(turn);
  // Also if this turn has ended its last targets.
  if (admitted.context.state === 'CANCELLING') await cancelOperations(turn);
  return { rollout, entries, results: moves.results };
}

/** Waves and the rollout end with their last targets, the rollout only if no batch command or newcomer can change that. */
function ended(turn: Admitted): Admitted {
  const { waves } = progressOf(turn);
  const changedWaves = new Map(turn.changedWaves);
  const journal: JournalEntry[] = [...turn.journal];
  const { isOpen, isMore } = turn.intake;
  for (const [i, row] of wavesOf(turn).entries()) {
    const wave = waves[i];
    const isFilled = isOpen && i === waves.length - 1;
    const hasEnded = wave !== undefined && hasWaveEnded(wave) && !isFilled;
    if (hasEnded === (row.endedAt !== null)) continue;
    changedWaves.set(row.wave, { ...row, endedAt: hasEnded ? turn.rollout.now : null });
    if (hasEnded) journal.push({ type: 'WAVE_COMPLETED', wave: row.wave });
  }
  const state = turn.hasCommand
    ? turn.context.state
    : stateAfter(turn.context.state, waves, isOpen || isMore);
  if (state === 'COMPLETED' || state === 'CANCELLED') journal.push({ type: state });
  return { ...turn, changedWaves, journal, context: { ...turn.context, state } };
}

/** By time alone, unless there is more to do; a target that stays due although nothing is to be done for it is looked at once a second. */
async function nextTurnAfter(turn: Admitted): Promise<Date | null> {
  const { client, rollout, moves, limits, holds } = turn;
  const { now } = rollout;
  const isMore = turn.isMore || turn.intake.isMore || turn.woken.length >= TURN_SIZE;
  if (isMore || turn.hasCommand || moves.areDue(now)) return now;
  const isLimited = holds.some(({ cause }) => cause === RolloutHold_Cause.CAUSE_CALLER_LIMIT);
  const lookAt = isLimited ? new Date(now.getTime() + LIMITED_MS) : null;
  const times = [
    await nextDueAt(client, rollout.id),
    turn.nextGateAt,
    limits.quotaReadAt,
    lookAt,
    intakeAt(turn),
  ];
  const at = earliest([...times, ...holds.map(({ until }) => until ?? null)]);
  return at !== null && at <= now ? new Date(now.getTime() + DUE_AGAIN_MS) : at;
}

/** When the intake is looked at by time alone; as soon as possible while the rollout that it replaces is in use. */
function intakeAt({ intake, context, rollout }: Admitted): Date | null {
  if (intake.isBusy) return rollout.now;
  if (!intake.isOpen) return null;
  const checkAt = intake.checkedAt && new Date(intake.checkedAt.getTime() + CHECK_MS);
  return earliest([checkAt, context.spec.continuous?.endTime ?? null]);
}

function earliest(times: (Date | null)[]): Date | null {
  const all = times.filter((time) => time !== null).map((time) => time.getTime());
  return all.length === 0 ? null : new Date(Math.min(...all));
}

const isOver = ({ context: { state } }: Admitted): boolean => state === 'COMPLETED' || state === 'CANCELLED';

function rolloutOf(turn: Admitted, nextTurnAt: Date | null): WrittenRollout {
  const { rollout, context, moves, journal, submitWave, releaseWave, tally, intake } = turn;
  const { state } = context;
  const holds = state === 'RUNNING' ? turn.holds.map((hold) => RolloutHold.toJSON(hold)) : [];
  const isHeldOtherwise = JSON.stringify(holds) !== JSON.stringify(rollout.holds);
  return {
    ...{ state, submitWave, releaseWave, tally, holds },
    ...(state === 'PAUSED' ? turn.pause : { pauseCause: null, pauseDetail: null, pauseExplanation: null }),
    ...intakeColumns(turn),
    submissions: rollout.submissions + moves.submissions,
    speedUps: rollout.speedUps + moves.speedUps,
    latest: latestOf(moves.moved, rollout.latest),
    stepsEnded: moves.stepsEnded,
    moreDrifted: moves.drifted,
    nextTurnAt: isOver(turn) ? null : nextTurnAt,
    isNews: moves.results.length > 0 || journal.length > 0 || isHeldOtherwise || intake.added > 0,
    endedAt: isOver(turn) ? rollout.now : null,
  };
}

function intakeColumns(turn: Admitted) {
  const { intake, context } = turn;
  const { isOpen: open, since: intakeSince, checkedAt: intakeCheckedAt, targets } = intake;
  const { date, submissions } = progressOf(turn).today;
  const isDaily = context.spec.continuous !== undefined;
  const day = { tallyDay: isDaily ? date : null, daySubmissions: isDaily ? submissions : 0 };
  return { open, intakeSince, intakeCheckedAt, targets, ...day };
}

/** The positions of the targets that moved last, newest first, with those of the turns before. */
export function latestOf(moved: readonly number[], before: readonly number[]): number[] {
  return [...new Set([...moved, ...before])].slice(0, LATEST);
}

/**
 * The last statement, because the place of operations in their lanes is taken just before the commit. If an operation exists under
 * a request_id, as after a restore, its target gets that one and is looked at again.
 */
async function acceptOperations({ client, author, rollout, operations }: Admitted): Promise<void> {
  if (operations.length === 0) return;
  const accepted = await accept(client, author, operations);
  const earlier = operations.flatMap(({ id, appid }, i) => {
    const one = accepted[i];
    return one === undefined || one.kind === 'accepted' ? [] : [{ appid, id, earlierId: one.id }];
  });
  await adopt(client, rollout.id, earlier);
}

/**
 * Cancels the operations of the targets that this turn has read, as far as they were never sent to WeChat, and publishes that. Their
 * ends wake the targets; those that are locked are looked at again. Rejects with UnverifiedServerError if Postgres may have lost time.
 */
async function cancelOperations({ client, author, rollout, woken, commanded }: Admitted): Promise<void> {
  const unsent = new Map<string, string>();
  for (const { target, facts } of [...woken, ...commanded])
    if (facts.operation !== null && facts.operation !== 'deleted' && facts.operation.isUnsent)
      unsent.set(facts.operation.id, target.appid);
  if (unsent.size === 0) return;
  const which = { ids: [...unsent.keys()], queriesOnly: false };
  for (const { id } of await cancelUnsent(client, author, which, cancelledEvent)) unsent.delete(id);
  await wake(client, rollout.id, [...unsent.values()]);
}

/** Under the source of every cancellation, which does not tell a rollout's from a caller's when it is published again. */
const cancelledEvent = (operation: StoredOperation): CloudEvent =>
  outcomeEvent(operation, operation.fence, 'gateway', new Date());
