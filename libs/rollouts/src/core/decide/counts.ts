import { hasEnded } from '../advance/move.js';
import { isBefore } from '../pipeline.js';
import type { Count, RolloutStateName, StoredCount, WaveProgress } from '../rollout.js';
import { STEP_NUMBERS, type Step, stepOfNumber, type Target } from '../target.js';

/** The number of targets that match, over some waves. */
export function countOf(waves: readonly WaveProgress[], matches: (count: Count) => boolean): number {
  let sum = 0;
  for (const { counts } of waves) for (const count of counts) if (matches(count)) sum += count.targets;
  return sum;
}

/** An operation is in progress or in doubt. */
export const isInFlight = ({ state, waitsFor }: Pick<Count, 'state' | 'waitsFor'>): boolean =>
  state === 'RUNNING' || state === 'IN_DOUBT' || waitsFor === 'OPERATION';

export const inFlightOf = (waves: readonly WaveProgress[], step: Step): number =>
  countOf(waves, (count) => count.step === step && isInFlight(count));

export const pendingOf = (waves: readonly WaveProgress[], step: Step, maxWave: number): number =>
  countOf(
    waves.filter(({ wave }) => wave <= maxWave),
    (count) => count.step === step && count.state === 'PENDING',
  );

/** Whether a target has passed the threshold of a gate: it has ended or, for submit gates, is past AUDIT. */
export function hasPassed(type: 'SUBMIT' | 'RELEASE', isRollback: boolean, count: Count): boolean {
  if (hasEnded(count)) return true;
  return type === 'SUBMIT' && !isRollback && isBefore('AUDIT', count.step);
}

/** Who has to act before it begins: it says nothing about the version, and its owner may never act. */
export const isLeftOut = ({ waitsFor }: Count): boolean => waitsFor === 'READINESS';

type Place = Pick<Target, 'wave' | 'step' | 'state' | 'waitsFor'>;

interface Entry extends Count {
  /** When the turn began. */
  before: number;
}

/** The numbers of targets by wave, step and state, and how they change in a turn. */
export class Counts {
  readonly #waves = new Map<number, Map<string, Entry>>();
  /** A turn reads all waves several times, and most do not change in between. */
  readonly #read = new Map<number, Count[]>();

  constructor(stored: readonly StoredCount[]) {
    for (const { wave, step, state, waitsFor, targets } of stored) {
      const entry = this.#entry({
        wave,
        step: stepOfNumber(step),
        state: state as Target['state'],
        waitsFor: (waitsFor || null) as Target['waitsFor'],
      });
      entry.targets = targets;
      entry.before = targets;
    }
  }

  move(from: Place, to: Place): void {
    this.#entry(from).targets -= 1;
    this.#entry(to).targets += 1;
    this.#read.delete(from.wave);
    this.#read.delete(to.wave);
  }

  /** New targets. */
  add(to: Place, targets: number): void {
    this.#entry(to).targets += targets;
    this.#read.delete(to.wave);
  }

  /** The same array until a target of the wave moves. */
  ofWave(wave: number): readonly Count[] {
    const read = this.#read.get(wave);
    if (read !== undefined) return read;
    const entries = [...(this.#waves.get(wave)?.values() ?? [])];
    const counts = entries.flatMap(({ before: _, ...count }) => (count.targets > 0 ? [count] : []));
    this.#read.set(wave, counts);
    return counts;
  }

  /** What changed since the turn began. */
  get differences(): StoredCount[] {
    return [...this.#waves].flatMap(([wave, entries]) =>
      [...entries.values()].flatMap(({ step, state, waitsFor, targets, before }) =>
        targets === before
          ? []
          : [{ wave, step: STEP_NUMBERS[step], state, waitsFor: waitsFor ?? '', targets: targets - before }],
      ),
    );
  }

  #entry({ wave, step, state, waitsFor }: Place): Entry {
    const entries = this.#waves.get(wave) ?? new Map<string, Entry>();
    const key = `${step} ${state} ${waitsFor ?? ''}`;
    const entry = entries.get(key) ?? { step, state, waitsFor, targets: 0, before: 0 };
    this.#waves.set(wave, entries.set(key, entry));
    return entry;
  }
}

const unfinishedOf = (waves: readonly WaveProgress[]): number => countOf(waves, (count) => !hasEnded(count));

/** Whether the last target of a wave has ended; an empty wave has none. */
export function hasWaveEnded(wave: WaveProgress): boolean {
  return wave.targets > 0 && unfinishedOf([wave]) === 0;
}

/** The states that end with the last target; those that are missing do not. */
const ENDS: Partial<Record<RolloutStateName, RolloutStateName>> = {
  RUNNING: 'COMPLETED',
  PAUSED: 'COMPLETED',
  CANCELLING: 'CANCELLED',
};

/** The state after the moves of a turn: a live rollout ends with its last target, also while it is paused, but not while it is open. */
export function stateAfter(
  state: RolloutStateName,
  waves: readonly WaveProgress[],
  isOpen = false,
): RolloutStateName {
  return !isOpen && unfinishedOf(waves) === 0 ? (ENDS[state] ?? state) : state;
}
