import type { Explained, OperationError } from '@wxa/contracts';
import { advance } from '../core/advance/advance.js';
import type { Move } from '../core/advance/move.js';
import { cancelOf, replacedOf, retryOf, skipOf } from '../core/commands.js';
import { speedUpRoom } from '../core/decide/budget.js';
import { gates } from '../core/decide/gates.js';
import { addToTally, lowerInDoubt, stopRules } from '../core/decide/stop-rules.js';
import type { RolloutContext } from '../core/rollout.js';
import type { Candidate } from '../core/target.js';
import type { JournalEntry } from '../rows/journal.js';
import { selectedBy, TURN_SIZE, type TurnCommand } from '../rows/take-turn.js';
import { commandTargets, countTargets } from '../rows/turn-targets.js';
import type { WrittenRollout } from '../rows/write-turn.js';
import { handOver } from './intake/candidates.js';
import { beginAgain } from './intake/take-in.js';
import { progressOf, type Turn, wavesOf } from './read.js';

/** A batch command with its progress. */
type CommandProgress = TurnCommand & { done: boolean };

export interface Moved extends Turn {
  /** The progress of the oldest batch command. */
  command: CommandProgress | undefined;
  /** The targets that it read. */
  commanded: readonly Candidate[];
  /** Whether a batch command is not finished. */
  hasCommand: boolean;
  pause: Pick<WrittenRollout, 'pauseCause' | 'pauseDetail' | 'pauseExplanation'>;
  /** When a gate may open by time alone; null if none waits for a time. */
  nextGateAt: Date | null;
}

/**
 * Moves the targets that were woken, and the next ones of the oldest batch command. Pauses the rollout for an error of the
 * platform, or if a stop rule fires; opens the gates whose conditions are met then.
 */
export async function moveTargets(turn: Turn): Promise<Moved> {
  advanceWoken(turn);
  const { command, commanded } = await runCommand(turn);
  const { pauseCause, pauseDetail, pauseExplanation } = turn.rollout;
  const moved = pausedIfBad({
    ...{ ...turn, command, commanded, nextGateAt: null },
    hasCommand: turn.commands.length > (command?.done === true ? 1 : 0),
    tally: addToTally(turn.tally, turn.moves.results),
    pause: { pauseCause, pauseDetail, pauseExplanation },
  });
  return withOpenGates(moved);
}

function advanceWoken(turn: Turn): void {
  const { context, moves, rollout, woken, limits, intake } = turn;
  /** How many targets may begin to wait for a speed-up. */
  let speedUps = speedUpRoom(context, progressOf(turn), limits);
  for (const candidate of woken) {
    const { target, facts } = candidate;
    const again = intake.again.has(target.appid) ? beginAgain(candidate, context, rollout.now) : undefined;
    const move = again ?? advance(target, facts, { ...context, canSpeedUp: speedUps > 0 }, rollout.now);
    moves.apply(candidate, move);
    const { step, state } = move.target;
    if (target.step !== 'AUDIT' && step === 'AUDIT' && state === 'PENDING') speedUps -= 1;
  }
}

/** Processes the next targets of the oldest batch command, if there is one. `commanded`: those that it has read. */
async function runCommand(
  turn: Turn,
): Promise<{ command: CommandProgress | undefined; commanded: Candidate[] }> {
  const { context, moves, rollout } = turn;
  const [command] = turn.commands;
  if (command === undefined) return { command, commanded: [] };
  // What has not begun is cancelled: targets that failed stay so.
  if (command.type === 'RETRIED' && context.state === 'CANCELLING')
    return { command: { ...command, done: true }, commanded: [] };
  const filter = selectedBy(command);
  const total = command.cursor === 0 ? await countTargets(turn, filter) : command.total;
  const commanded = await commandTargets(turn, filter, command.cursor);
  const handedOver = await handOverOf(turn, command, commanded);
  for (const candidate of commanded) {
    const present = moves.current(candidate);
    const move = moveOf({ ...command, handedOver }, present, context, rollout.now);
    if (move === undefined || move.change === 'none') continue;
    moves.apply(present, move);
  }
  const cursor = commanded.at(-1)?.target.position ?? command.cursor;
  const done = commanded.length < TURN_SIZE;
  // Targets that end in between are not read: they need no processing any more.
  const moved = done ? total : command.moved + commanded.length;
  return { command: { ...command, total, cursor, moved, done }, commanded };
}

/** Which targets the rollout that takes over has taken in. */
async function handOverOf(
  { client, moves }: Turn,
  { args }: TurnCommand,
  commanded: readonly Candidate[],
): Promise<ReadonlySet<string>> {
  if (args?.replacedBy === undefined) return new Set();
  const present = commanded.map((one) => moves.current(one).target);
  const taken = present.filter((target) => replacedOf(target) !== undefined);
  const appids = taken.map(({ appid }) => appid);
  return handOver(client, args.replacedBy, appids);
}

function moveOf(
  { type, args, handedOver }: TurnCommand & { handedOver: ReadonlySet<string> },
  { target, facts }: Candidate,
  context: RolloutContext,
  now: Date,
): Move | undefined {
  switch (type) {
    case 'RETRIED':
      return retryOf({ target, facts, context, now }, args?.fromStep ?? null);
    case 'SKIPPED':
      return skipOf(target);
    case 'CANCEL_REQUESTED':
      return cancelOf(target);
    case 'CLOSED':
      return handedOver.has(target.appid) ? replacedOf(target) : undefined;
  }
}

function pausedIfBad(moved: Moved): Moved {
  const { context, moves } = moved;
  const progress = progressOf(moved);
  const turn = { ...moved, tally: lowerInDoubt(moved.tally, progress.waves) };
  if (context.state !== 'RUNNING') return turn;
  if (moves.platformError !== undefined)
    return pausedFor(turn, 'PLATFORM', explainedError(moves.platformError));
  const fired = stopRules(context.spec.stopRules, { ...progress, tally: turn.tally });
  return fired === undefined ? turn : pausedFor(turn, 'STOP_RULE', fired.why);
}

function pausedFor(turn: Moved, cause: 'PLATFORM' | 'STOP_RULE', { detail, explanation }: Explained): Moved {
  return {
    ...turn,
    context: { ...turn.context, state: 'PAUSED' },
    pause: { pauseCause: cause, pauseDetail: detail, pauseExplanation: explanation },
    journal: [...turn.journal, { type: 'PAUSED', reason: detail, args: { cause, explanation } }],
  };
}

/** Why a platform error pauses the rollout. */
function explainedError({ errcode, errmsg, reason, hint, arguments: args }: OperationError): Explained {
  const what = errcode === 0 ? reason : `WeChat refused with ${errcode}`;
  return {
    detail: [`${what}: ${errmsg}`, hint].filter((text) => text !== '').join('; '),
    explanation: { reason, arguments: { ...args, errcode: String(errcode), errmsg, hint } },
  };
}

/** Opens the gates whose conditions the moves have met. */
function withOpenGates(turn: Moved): Moved {
  const { changes, submitWave, releaseWave, nextLookAt } = gates(
    turn.context,
    progressOf(turn),
    turn.rollout.now,
  );
  const waves = new Map(wavesOf(turn).map((row) => [row.wave, row]));
  const changedWaves = new Map(turn.changedWaves);
  const journal: JournalEntry[] = [...turn.journal];
  for (const { wave, type, gate, opens, isReached } of changes) {
    const row = changedWaves.get(wave) ?? waves.get(wave);
    if (row === undefined) continue;
    const { reachedAt, openedAt, announced } = gate;
    changedWaves.set(
      wave,
      type === 'SUBMIT'
        ? { ...row, submitReachedAt: reachedAt, submitOpenedAt: openedAt, submitAnnounced: announced }
        : { ...row, releaseReachedAt: reachedAt, releaseOpenedAt: openedAt, releaseAnnounced: announced },
    );
    if (isReached) journal.push({ type: 'GATE_REACHED', wave, gate: type });
    if (opens) journal.push({ type: 'GATE_OPENED', wave, gate: type });
  }
  return { ...turn, changedWaves, journal, submitWave, releaseWave, nextGateAt: nextLookAt };
}
