import { RolloutHold, RolloutHold_Cause } from '@wxa/contracts';
import { advance } from '../core/advance/advance.js';
import type { Move } from '../core/advance/move.js';
import { admit } from '../core/decide/admit.js';
import { speedUpRoom } from '../core/decide/budget.js';
import { hasWaveEnded, stateAfter } from '../core/decide/ends.js';
import { gates } from '../core/decide/gates.js';
import { holdChanges, holds } from '../core/decide/holds.js';
import { addToTally, lowerInDoubt, stopRules } from '../core/decide/stop-rules.js';
import { targetOf } from '../core/messages/target-of.js';
import { withDefaults } from '../core/pipeline.js';
import type { PlatformLimits, Progress, RolloutContext, Tally, WaitSettings } from '../core/rollout.js';
import type { Step } from '../core/target.js';
import type { JournalEntry } from '../rows/journal.js';
import { knownSpec } from '../rows/known-spec.js';
import type { StoredEntry } from '../rows/open-entries.js';
import { TURN_SIZE, type TurnWave } from '../rows/take-turn.js';
import { factsOf, platformTokenSince, rowOf } from '../rows/target-rows.js';
import type { Turn } from '../rows/turn.js';
import type { TargetWithFacts } from '../rows/turn-targets.js';
import type { WrittenRollout } from '../rows/write-turn.js';
import { admitTargets } from './admissions.js';
import { type CommandProgress, runCommand } from './batch-command.js';
import { Counts, wavesOf } from './counts.js';
import { cancelledEvent, eventsOf } from './events.js';
import { type Candidate, Moves } from './moves.js';
import { limitsAfter, limitsBefore, NO_LIMITS } from './turn-limits.js';
import { earliest, holdEntry, isEqual, latestOf, sentenceOf } from './turn-values.js';

const DUE_AGAIN_MS = 1_000;
/** What its caller has in progress besides this rollout is counted so often, and wakes no rollout. */
const LIMITED_MS = 5_000;

export interface TurnOptions {
  waits: WaitSettings;
  /** The platform's component appid; '' if it is not known. */
  platform: string;
  /** Whether this service keeps the authorizations: the token source is `component`. */
  checksAuthorization: boolean;
}

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

/** One turn of a rollout: reads what happened to its targets, decides, and writes everything that follows. */
export class RolloutTurn {
  readonly #counts: Counts;
  readonly #moves: Moves;
  readonly #context: RolloutContext;
  readonly #journal: JournalEntry[] = [];
  readonly #waves: Map<number, TurnWave>;
  readonly #changedWaves = new Set<number>();
  #tally: Tally;
  #pause: Pick<WrittenRollout, 'pauseCause' | 'pauseDetail'>;
  #openWaves: { submitWave: number; releaseWave: number };
  #limits: PlatformLimits = NO_LIMITS;
  /** How many targets may begin to wait for a speed-up. */
  #speedUps = 0;

  private constructor(
    private readonly turn: Turn,
    private readonly options: TurnOptions,
    platformTokenSince: Date | null | undefined,
  ) {
    const { rollout, counts, waves } = turn;
    this.#counts = new Counts(counts);
    this.#moves = new Moves(this.#counts, rollout.now);
    this.#waves = new Map(waves.map((row) => [row.wave, row]));
    this.#tally = rollout.tally as Tally;
    this.#pause = { pauseCause: rollout.pauseCause, pauseDetail: rollout.pauseDetail };
    this.#openWaves = { submitWave: rollout.submitWave, releaseWave: rollout.releaseWave };
    this.#context = {
      id: rollout.id,
      state: rollout.state,
      spec: withDefaults(knownSpec(rollout.spec)),
      isRollback: rollout.rollbackOf !== null,
      waits: options.waits,
      canSpeedUp: false,
      platformTokenSince,
    };
  }

  static async run(turn: Turn, options: TurnOptions): Promise<TurnReport> {
    return new RolloutTurn(turn, options, await platformTokenSince(turn, options)).#run();
  }

  async #run(): Promise<TurnReport> {
    const { turn } = this;
    this.#limits = await limitsBefore(turn, this.options.platform, this.#context);
    this.#speedUps = speedUpRoom(this.#context, this.#progress(), this.#limits);
    for (const read of turn.woken) this.#advance(this.#candidate(read));
    const command = await runCommand(turn, this.#context, this.#moves, (read) => this.#candidate(read));
    this.#countResults();
    const { now } = turn.rollout;
    const gateTimes = this.#openGates(now);
    await this.#readLimits();
    const counted = this.#moves.results.length;
    const admitted = await this.#admit();
    // The stop rules of the next turn see them.
    this.#tally = addToTally(this.#tally, this.#moves.results.slice(counted));
    const heldNow = this.#updateHolds(now);
    this.#endWaves(now);
    this.#end(command);
    const result = {
      targets: this.#moves.targets.map(rowOf),
      counts: this.#counts.differences,
      waves: [...this.#changedWaves].flatMap((wave) => this.#waves.get(wave) ?? []),
      journal: this.#journal,
      command,
      released: this.#moves.released,
    };
    await turn.writeTargets(result);
    const isMore =
      admitted.isMore ||
      turn.woken.length >= TURN_SIZE ||
      this.#hasCommand(command) ||
      this.#moves.areDue(now);
    const nextAt = isMore ? now : await this.#nextTurnAt(gateTimes, heldNow);
    const entries = await turn.write({ ...result, rollout: this.#rollout(heldNow, nextAt) });
    const { events, published } = await eventsOf(turn, this.#context, this.#moves.completed, entries);
    await turn.publish(events, published);
    await turn.accept(admitted.operations);
    if (this.#context.state === 'CANCELLING') await turn.cancelUnsent(cancelledEvent);
    return { rollout: turn.rollout, entries, results: this.#moves.results };
  }

  /** By time alone; a target that stays due although nothing is to be done for it is looked at once a second. */
  async #nextTurnAt(gateTimes: Date | null, held: RolloutHold[]): Promise<Date | null> {
    const { now } = this.turn.rollout;
    const ends = held.map(({ until }) => until ?? null);
    const isLimited = held.some(({ cause }) => cause === RolloutHold_Cause.CAUSE_CALLER_LIMIT);
    const lookAt = isLimited ? new Date(now.getTime() + LIMITED_MS) : null;
    const at = earliest(await this.turn.nextDueAt(), gateTimes, this.#limits.quotaReadAt, lookAt, ...ends);
    return at !== null && at <= now ? new Date(now.getTime() + DUE_AGAIN_MS) : at;
  }

  /** Whether a batch command is not finished, after the progress of the oldest one. */
  #hasCommand(command: CommandProgress | undefined): boolean {
    return this.turn.openCommands > (command?.done === true ? 1 : 0);
  }

  async #readLimits(): Promise<void> {
    const given = { moves: this.#moves, context: this.#context, before: this.#limits };
    this.#limits = await limitsAfter(this.turn, this.options, { ...given, progress: this.#progress() });
  }

  #candidate({ target, facts }: TargetWithFacts): Candidate {
    const { checksAuthorization } = this.options;
    return { target: targetOf(target), facts: factsOf(target, facts, checksAuthorization) };
  }

  #advance(candidate: Candidate): void {
    this.#context.canSpeedUp = this.#speedUps > 0;
    const { target, facts } = candidate;
    const move = advance(target, facts, this.#context, this.turn.rollout.now);
    this.#moves.apply(candidate, move);
    const { step, state } = move.target;
    if (target.step !== 'AUDIT' && step === 'AUDIT' && state === 'PENDING') this.#speedUps -= 1;
  }

  #progress(): Progress {
    const { rollout } = this.turn;
    return {
      startedAt: rollout.startedAt,
      ...this.#openWaves,
      submissions: rollout.submissions + this.#moves.submissions,
      speedUps: rollout.speedUps + this.#moves.speedUps,
      tally: this.#tally,
      holds: rollout.holds.map((hold) => RolloutHold.fromJSON(hold)),
      waves: wavesOf([...this.#waves.values()], this.#counts),
    };
  }

  /** Counts the step executions, then pauses the rollout for an error of the platform or if a stop rule fires. */
  #countResults(): void {
    this.#tally = addToTally(this.#tally, this.#moves.results);
    const progress = this.#progress();
    this.#tally = lowerInDoubt(this.#tally, progress.waves);
    if (this.#context.state !== 'RUNNING') return;
    const fired = stopRules(this.#context.spec.stopRules, { ...progress, tally: this.#tally });
    if (this.#moves.platformError) this.#pauseFor('PLATFORM', sentenceOf(this.#moves.platformError));
    else if (fired !== undefined) this.#pauseFor('STOP_RULE', fired.detail);
  }

  #pauseFor(cause: 'PLATFORM' | 'STOP_RULE', detail: string): void {
    this.#context.state = 'PAUSED';
    this.#pause = { pauseCause: cause, pauseDetail: detail };
    this.#journal.push({ type: 'PAUSED', reason: detail, args: { cause } });
  }

  /** Returns when a gate may open by time alone. */
  #openGates(now: Date): Date | null {
    const decisions = gates(this.#context, this.#progress(), now);
    const { submitWave, releaseWave, nextLookAt } = decisions;
    this.#openWaves = { submitWave, releaseWave };
    for (const { wave, type, gate, opens, isReached } of decisions.changes) {
      const row = this.#waves.get(wave);
      if (row === undefined) continue;
      const { reachedAt, openedAt, announced } = gate;
      this.#setWave(
        type === 'SUBMIT'
          ? { ...row, submitReachedAt: reachedAt, submitOpenedAt: openedAt, submitAnnounced: announced }
          : { ...row, releaseReachedAt: reachedAt, releaseOpenedAt: openedAt, releaseAnnounced: announced },
      );
      if (isReached) this.#journal.push({ type: 'GATE_REACHED', wave, gate: type });
      if (opens) this.#journal.push({ type: 'GATE_OPENED', wave, gate: type });
    }
    return nextLookAt;
  }

  #setWave(row: TurnWave): void {
    this.#waves.set(row.wave, row);
    this.#changedWaves.add(row.wave);
  }

  #admit(): ReturnType<typeof admitTargets> {
    return admitTargets({
      turn: this.turn,
      context: this.#context,
      moves: this.#moves,
      plan: admit(this.#context, this.#progress(), this.#limits),
      toCandidate: (read) => this.#candidate(read),
    });
  }

  #updateHolds(now: Date): RolloutHold[] {
    const before = this.turn.rollout.holds.map((hold) => RolloutHold.fromJSON(hold));
    const after = holds(this.#context, this.#progress(), this.#limits, now);
    const { began, cleared } = holdChanges(before, after);
    for (const hold of cleared) this.#journal.push(holdEntry('HOLD_CLEARED', hold));
    for (const hold of began) this.#journal.push(holdEntry('HELD', hold));
    return after;
  }

  #endWaves(now: Date): void {
    for (const wave of this.#progress().waves) {
      const row = this.#waves.get(wave.wave);
      if (row === undefined) continue;
      const hasEnded = hasWaveEnded(wave);
      if (hasEnded === (row.endedAt !== null)) continue;
      this.#setWave({ ...row, endedAt: hasEnded ? now : null });
      if (hasEnded) this.#journal.push({ type: 'WAVE_COMPLETED', wave: row.wave });
    }
  }

  /** The rollout ends with its last target, unless a batch command can change some of them. */
  #end(command: CommandProgress | undefined): void {
    if (this.#hasCommand(command)) return;
    const state = stateAfter(this.#context.state, this.#progress().waves);
    if (state !== 'COMPLETED' && state !== 'CANCELLED') return;
    this.#context.state = state;
    this.#journal.push({ type: state });
  }

  #rollout(held: RolloutHold[], nextTurnAt: Date | null): WrittenRollout {
    const { rollout } = this.turn;
    const { state } = this.#context;
    const hasEnded = state === 'COMPLETED' || state === 'CANCELLED';
    const isPaused = state === 'PAUSED';
    const holdsJson = state === 'RUNNING' ? held.map((hold) => RolloutHold.toJSON(hold)) : [];
    return {
      state,
      pauseCause: isPaused ? this.#pause.pauseCause : null,
      pauseDetail: isPaused ? this.#pause.pauseDetail : null,
      ...this.#openWaves,
      submissions: rollout.submissions + this.#moves.submissions,
      speedUps: rollout.speedUps + this.#moves.speedUps,
      tally: this.#tally,
      holds: holdsJson,
      latest: latestOf(this.#moves.moved, rollout.latest),
      stepsEnded: this.#moves.stepsEnded,
      nextTurnAt: hasEnded ? null : nextTurnAt,
      isNews:
        this.#moves.results.length > 0 || this.#journal.length > 0 || !isEqual(holdsJson, rollout.holds),
      endedAt: hasEnded ? rollout.now : null,
    };
  }
}
