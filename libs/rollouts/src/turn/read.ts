import { RolloutHold, RolloutSpec } from '@wxa/contracts';
import { Counts } from '../core/decide/counts.js';
import { newTally } from '../core/decide/stop-rules.js';
import { firstStepOf, withDefaults } from '../core/pipeline.js';
import type { Progress, RolloutContext, StoredCount, Tally, Today, TurnLimits } from '../core/rollout.js';
import { type Candidate, stepOfNumber } from '../core/target.js';
import { DAY_MS, dayOf } from '../core/times.js';
import type { JournalEntry } from '../rows/journal.js';
import { platformTokenSince } from '../rows/limits.js';
import {
  openCommands,
  type TurnCommand,
  type TurnRollout,
  type TurnStart,
  type TurnWave,
  takeWakeups,
  turnCounts,
  turnWaves,
} from '../rows/take-turn.js';
import { wokenTargets } from '../rows/turn-targets.js';
import { type Intake, takeInCandidates } from './intake/take-in.js';
import { Moves } from './moves.js';
import { limitsBefore } from './turn-limits.js';

/** What a turn knows of the newcomers of its rollout, and has done about them. */
export interface TurnIntake extends Intake {
  isOpen: boolean;
  since: Date | null;
  checkedAt: Date | null;
  /** Of the rollout, with those that were added. */
  targets: number;
  /** A turn or a call holds the rollout that it replaces. */
  isBusy: boolean;
}

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
  intake: TurnIntake;
  tally: Tally;
  today: Today;
  limits: TurnLimits;
  /** Collects the moves of the targets. */
  moves: Moves;
  /** New entries. */
  journal: readonly JournalEntry[];
}

/** Takes the wake-ups of a locked rollout and reads what its turn needs. */
export async function readTurn(start: TurnStart): Promise<Turn> {
  const { client, rollout, options } = start;
  const { id, state, submitWave, releaseWave, now } = rollout;
  const spec = withDefaults(knownSpec(rollout.spec));
  const isRollback = rollout.rollbackOf !== null;
  const wakeups = await takeWakeups(client, id);
  const intake = await takeInCandidates(start, { spec, state, isRollback });
  const woken = await wokenTargets(start, [...wakeups, ...intake.again]);
  const stored = await turnCounts(client, id);
  const counts = new Counts(stored);
  const waves = await turnWaves(client, id);
  const commands = await openCommands(client, id);
  const context = {
    ...{ id, state, spec, isRollback, waits: options.waits, canSpeedUp: false },
    platformTokenSince: await tokenSince(start, woken),
  };
  const limits = await limitsBefore(start, context);
  const turn = {
    ...{ ...start, context, woken, commands, waves, submitWave, releaseWave, limits },
    ...{ intake: intakeOf(rollout, intake), changedWaves: new Map(), journal: [] },
    ...daily(rollout, context, stored),
    moves: new Moves(counts, now),
  };
  return intake.added === 0 ? turn : withNewTargets(turn, intake.added);
}

/** The stored specification of a rollout. Throws if it has a field that this version does not know: a newer one wrote it. */
function knownSpec(json: unknown): RolloutSpec {
  const spec = RolloutSpec.fromJSON(json);
  const unknown = unknownField(json, RolloutSpec.toJSON(spec), 'spec');
  if (unknown !== undefined) throw new Error(`unknown field ${unknown}`);
  return spec;
}

/** Absent fields have this value, so JSON that was read and written again may lack them. */
const isDefault = (value: unknown): boolean =>
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (Array.isArray(value) && value.length === 0);

function unknownField(given: unknown, known: unknown, path: string): string | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const read = (known ?? {}) as Record<string, unknown>;
  for (const [name, value] of Object.entries(given)) {
    const field = `${path}.${name}`;
    if (!Object.hasOwn(read, name) && !isDefault(value)) return field;
    const within = unknownField(value, read[name], field);
    if (within !== undefined) return within;
  }
  return undefined;
}

function intakeOf({ open, intakeSince, intakeCheckedAt, targets }: TurnRollout, intake: Intake): TurnIntake {
  const times = { since: intakeSince, checkedAt: intakeCheckedAt };
  return { ...intake, ...times, isOpen: open, isBusy: false, targets: targets + intake.added };
}

/** Over months no share would ever fire: while a rollout is open, its stop rules count from zero each day of China. */
function daily(
  { tally, tallyDay, daySubmissions, open, now }: TurnRollout,
  { spec }: Pick<RolloutContext, 'spec'>,
  counts: readonly StoredCount[],
): Pick<Turn, 'tally' | 'today'> {
  const day = dayOf(now);
  const isOver = spec.continuous !== undefined && tallyDay !== null && tallyDay !== day.date;
  return {
    tally: isOver && open ? newTally(counts) : (tally as Tally),
    today: { ...day, submissions: isOver ? 0 : daySubmissions },
  };
}

/** Counts targets that are PENDING in the last wave, and are stored already. */
function withNewTargets(turn: Turn, added: number): Turn {
  const { context, moves, waves } = turn;
  const last = waves.at(-1);
  if (last === undefined) throw new Error('a started rollout has no wave');
  const step = stepOfNumber(firstStepOf(context.spec, context.isRollback));
  moves.counts.add({ wave: last.wave, step, state: 'PENDING', waitsFor: null }, added);
  const changedWaves = new Map([[last.wave, { ...last, targets: last.targets + added }]]);
  return { ...turn, changedWaves };
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
  const { rollout, moves, submitWave, releaseWave, tally, today } = turn;
  return {
    ...{ startedAt: rollout.startedAt, submitWave, releaseWave, tally },
    today: { ...today, submissions: today.submissions + submittedOn(today, moves) },
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

/** How many of the submissions of a turn ended on its day. */
const submittedOn = ({ endsAt }: Today, { submittedAt }: Moves): number =>
  submittedAt.filter((at) => at.getTime() >= endsAt.getTime() - DAY_MS).length;
