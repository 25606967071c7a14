import type { OperationError } from '@wxa/contracts';
import type { Move } from '../core/advance/move.js';
import type { Counts } from '../core/decide/counts.js';
import type { Candidate, Step, Target, TargetFacts } from '../core/target.js';

/** The moves of one turn: the targets as they are after them, and what follows for the rollout. */
export class Moves {
  readonly #changed = new Map<number, Candidate>();
  readonly #completed: Target[] = [];
  /** In the order of the moves; `step` is the one that the target was in. */
  readonly results: { step: Step; move: Move }[] = [];
  /** Mini-programs that the rollout holds no longer. */
  readonly released: string[] = [];
  /** Mini-programs that are to be read into the inventory. */
  readonly toRead: string[] = [];
  /** When the submissions that succeeded ended. */
  readonly submittedAt: Date[] = [];
  speedUps = 0;
  isSpeedUpRefused = false;
  /** Step executions that passed or failed. */
  stepsEnded = 0;
  /** Targets that have drifted, less those that have not any more. */
  drifted = 0;
  platformError: OperationError | undefined;

  constructor(
    readonly counts: Counts,
    private readonly now: Date,
  ) {}

  /** The candidate as earlier moves of this turn have left it. */
  current(candidate: Candidate): Candidate {
    return this.#changed.get(candidate.target.position) ?? candidate;
  }

  /** Applies the move of a candidate that is current. */
  apply({ target: before, facts }: Candidate, move: Move): void {
    if (move.change === 'none') return;
    const { target } = move;
    this.#changed.set(target.position, { target, facts });
    if (move.needsRead) this.toRead.push(target.appid);
    if (move.change === 'due') return;
    this.counts.move(before, target);
    this.results.push({ step: before.step, move });
    if (move.submissions > 0) this.submittedAt.push(endOf(facts) ?? this.now);
    this.isSpeedUpRefused ||= move.isSpeedUpRefused;
    this.speedUps += move.speedUps;
    this.drifted += hasDrifted(target) - hasDrifted(before);
    if (move.stepResult !== null) this.stepsEnded += 1;
    if (move.releasesAppid) this.released.push(target.appid);
    this.platformError ??= move.platformError ?? undefined;
    if (move.isCompleted) this.#completed.push(target);
  }

  get submissions(): number {
    return this.submittedAt.length;
  }

  /** How many of the changed targets wait for a read of their mini-programs. */
  get reading(): number {
    return this.targets.filter(({ waitsFor }) => waitsFor === 'READ').length;
  }

  /** The targets to write. */
  get targets(): Target[] {
    return [...this.#changed.values()].map(({ target }) => target);
  }

  get positions(): number[] {
    return [...this.#changed.keys()];
  }

  /** The changed targets that are PENDING in a step and in a wave up to one. */
  pending(step: Step, maxWave: number): Candidate[] {
    return [...this.#changed.values()].filter(
      ({ target }) => target.state === 'PENDING' && target.step === step && target.wave <= maxWave,
    );
  }

  /** The targets that reached a final state, by position; one that reached two is there twice. */
  get completed(): Target[] {
    return this.#completed.toSorted((a, b) => a.position - b.position);
  }

  /** Whether a target moved and is to be looked at again at once, such as for a verdict that came before its submission was known. */
  areDue(now: Date): boolean {
    return this.results.some(({ move: { target } }) => target.dueAt !== null && target.dueAt <= now);
  }

  /** The positions of the targets that moved, the last one first. */
  get moved(): number[] {
    return this.results.map(({ move }) => move.target.position).reverse();
  }
}

const hasDrifted = ({ driftedDomains }: Target): number => (driftedDomains === null ? 0 : 1);

const endOf = ({ operation }: TargetFacts): Date | null =>
  operation === null || operation === 'deleted' ? null : operation.endedAt;
