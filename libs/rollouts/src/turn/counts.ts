import type { Count, WaveProgress } from '../core/rollout.js';
import type { StoredCount } from '../core/stored-rollout.js';
import { STEP_NUMBERS, stepOfNumber, type Target } from '../core/target.js';
import type { TurnWave } from '../rows/take-turn.js';

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

/** The waves with their counts, as the pure core reads them. */
export function wavesOf(waves: readonly TurnWave[], counts: Counts): WaveProgress[] {
  return waves.map((row) => ({
    wave: row.wave,
    targets: row.targets,
    counts: counts.ofWave(row.wave),
    submit: { reachedAt: row.submitReachedAt, openedAt: row.submitOpenedAt, announced: row.submitAnnounced },
    release: {
      reachedAt: row.releaseReachedAt,
      openedAt: row.releaseOpenedAt,
      announced: row.releaseAnnounced,
    },
  }));
}
