import type { OperationError } from '@wxa/contracts';
import { advance } from '../core/advance/advance.js';
import { speedUpRoom } from '../core/decide/budget.js';
import { addToTally, lowerInDoubt, stopRules } from '../core/decide/stop-rules.js';
import type { Candidate } from '../core/target.js';
import type { WrittenRollout } from '../rows/write-turn.js';
import { type CommandProgress, runCommand } from './batch-command.js';
import { beginAgain } from './intake/take-in.js';
import { progressOf, type Turn } from './read.js';

export interface Moved extends Turn {
  /** The progress of the oldest batch command. */
  command: CommandProgress | undefined;
  /** The targets that it read. */
  commanded: readonly Candidate[];
  /** Whether a batch command is not finished. */
  hasCommand: boolean;
  pause: Pick<WrittenRollout, 'pauseCause' | 'pauseDetail'>;
}

/**
 * Moves the targets that were woken, and the next ones of the oldest batch command. Pauses the rollout for an error of the
 * platform, or if a stop rule fires.
 */
export async function moveTargets(turn: Turn): Promise<Moved> {
  advanceWoken(turn);
  const { command, commanded } = await runCommand(turn);
  const { pauseCause, pauseDetail } = turn.rollout;
  return pausedIfBad({
    ...{ ...turn, command, commanded },
    hasCommand: turn.commands.length > (command?.done === true ? 1 : 0),
    tally: addToTally(turn.tally, turn.moves.results),
    pause: { pauseCause, pauseDetail },
  });
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

function pausedIfBad(moved: Moved): Moved {
  const { context, moves } = moved;
  const progress = progressOf(moved);
  const turn = { ...moved, tally: lowerInDoubt(moved.tally, progress.waves) };
  if (context.state !== 'RUNNING') return turn;
  if (moves.platformError !== undefined) return pausedFor(turn, 'PLATFORM', sentenceOf(moves.platformError));
  const fired = stopRules(context.spec.stopRules, { ...progress, tally: turn.tally });
  return fired === undefined ? turn : pausedFor(turn, 'STOP_RULE', fired.detail);
}

function pausedFor(turn: Moved, cause: 'PLATFORM' | 'STOP_RULE', detail: string): Moved {
  return {
    ...turn,
    context: { ...turn.context, state: 'PAUSED' },
    pause: { pauseCause: cause, pauseDetail: detail },
    journal: [...turn.journal, { type: 'PAUSED', reason: detail, args: { cause } }],
  };
}

/** The pause of a platform error, in one sentence. */
function sentenceOf({ errcode, errmsg, reason, hint }: OperationError): string {
  const what = errcode === 0 ? reason : `WeChat refused with ${errcode}`;
  return [`${what}: ${errmsg}`, hint].filter((text) => text !== '').join('; ');
}
