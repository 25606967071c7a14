import { RolloutHold } from '@wxa/contracts';
import { Counts } from '../core/decide/counts.js';
import { withDefaults } from '../core/pipeline.js';
import type { PlatformLimits, Progress, RolloutContext, Tally } from '../core/rollout.js';
import type { Candidate } from '../core/target.js';
import type { JournalEntry } from '../rows/journal.js';
import { knownSpec } from '../rows/known-spec.js';
import { platformTokenSince } from '../rows/read-limits.js';
import {
  openCommands,
  type TurnCommand,
  type TurnStart,
  type TurnWave,
  takeWakeups,
  turnCounts,
  turnWaves,
} from '../rows/take-turn.js';
import { wokenTargets } from '../rows/turn-targets.js';
import { Moves } from './moves.js';
import { limitsBefore } from './turn-limits.js';

/** A turn as far as it is: each of its functions takes it and returns it with what it adds. */
export interface Turn extends TurnStart {
  /** Its state is that of the rollout after the turn. */
  context: RolloutContext;
  /** Those that were woken and those that are due. */
  woken: readonly Candidate[];
  /** The batch commands that are not finished, oldest first. */
  commands: readonly TurnCommand[];
  waves: readonly TurnWave[];
  /** The waves that the turn changes. */
  changedWaves: ReadonlyMap<number, TurnWave>;
  submitWave: number;
  releaseWave: number;
  tally: Tally;
  limits: PlatformLimits;
  /** Collects the moves of the targets. */
  moves: Moves;
  /** New entries. */
  journal: readonly JournalEntry[];
}

/** Takes the wake-ups of a locked rollout and reads what its turn needs. */
export async function readTurn(start: TurnStart): Promise<Turn> {
  const { client, rollout, options } = start;
  const { id, state, submitWave, releaseWave, now } = rollout;
  const woken = await wokenTargets(start, await takeWakeups(client, id));
  const counts = new Counts(await turnCounts(client, id));
  const waves = await turnWaves(client, id);
  const commands = await openCommands(client, id);
  const context = {
    ...{ id, state, waits: options.waits, canSpeedUp: false },
    spec: withDefaults(knownSpec(rollout.spec)),
    isRollback: rollout.rollbackOf !== null,
    platformTokenSince: await tokenSince(start, woken),
  };
  const limits = await limitsBefore(start, context);
  return {
    ...{ ...start, context, woken, commands, waves, submitWave, releaseWave, limits },
    ...{ tally: rollout.tally as Tally, changedWaves: new Map(), journal: [] },
    moves: new Moves(counts, now),
  };
}

/** Read only if an operation failed without a token, which hardly any turn sees. */
async function tokenSince(
  { client, options }: TurnStart,
  woken: Candidate[],
): Promise<Date | null | undefined> {
  const isAsked = woken.some(
    ({ facts: { operation } }) =>
      operation !== null && operation !== 'deleted' && operation.error?.reason === 'TOKEN_UNAVAILABLE',
  );
  return options.checksAuthorization && isAsked ? platformTokenSince(client, options.platform) : undefined;
}

/** The waves as the turn has changed them so far. */
export const wavesOf = ({ waves, changedWaves }: Turn): TurnWave[] =>
  waves.map((row) => changedWaves.get(row.wave) ?? row);

/** The rollout as a whole, with the moves and changes of the turn so far. */
export function progressOf(turn: Turn): Progress {
  const { rollout, moves, submitWave, releaseWave, tally } = turn;
  return {
    ...{ startedAt: rollout.startedAt, submitWave, releaseWave, tally },
    submissions: rollout.submissions + moves.submissions,
    speedUps: rollout.speedUps + moves.speedUps,
    holds: rollout.holds.map((hold) => RolloutHold.fromJSON(hold)),
    waves: wavesOf(turn).map(({ wave, targets, ...row }) => ({
      ...{ wave, targets, counts: moves.counts.ofWave(wave) },
      submit: {
        reachedAt: row.submitReachedAt,
        openedAt: row.submitOpenedAt,
        announced: row.submitAnnounced,
      },
      release: {
        reachedAt: row.releaseReachedAt,
        openedAt: row.releaseOpenedAt,
        announced: row.releaseAnnounced,
      },
    })),
  };
}
