import { type Count, STEP_NUMBERS, stepOfNumber, type Target, type WaveProgress } from '@wxa/rollouts';
import type { StoredCount, TurnWave } from '@wxa/store';

type Place = Pick<Target, 'wave' | 'step' | 'state' | 'waitsFor'>;

/** The numbers of targets by wave, step and state, and how they change in a turn. */
export class Counts {
  readonly #byPlace = new Map<string, { place: Place; targets: number; before: number }>();

  constructor(stored: readonly StoredCount[]) {
    for (const { wave, step, state, waitsFor, targets } of stored) {
      const place = {
        wave,
        step: stepOfNumber(step),
        state: state as Target['state'],
        waitsFor: (waitsFor || null) as Target['waitsFor'],
      };
      this.#byPlace.set(keyOf(place), { place, targets, before: targets });
    }
  }

  move(from: Place, to: Place): void {
    this.#add(from, -1);
    this.#add(to, 1);
  }

  ofWave(wave: number): Count[] {
    const all = [...this.#byPlace.values()].filter(
      ({ place, targets }) => place.wave === wave && targets > 0,
    );
    return all.map(({ place: { step, state, waitsFor }, targets }) => ({ step, state, waitsFor, targets }));
  }

  /** What changed since the turn began. */
  get differences(): StoredCount[] {
    return [...this.#byPlace.values()].flatMap(
      ({ place: { wave, step, state, waitsFor }, targets, before }) =>
        targets === before
          ? []
          : [{ wave, step: STEP_NUMBERS[step], state, waitsFor: waitsFor ?? '', targets: targets - before }],
    );
  }

  #add(place: Place, targets: number): void {
    const { wave, step, state, waitsFor } = place;
    const key = keyOf(place);
    const found = this.#byPlace.get(key) ?? { place: { wave, step, state, waitsFor }, targets: 0, before: 0 };
    this.#byPlace.set(key, { ...found, targets: found.targets + targets });
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

const keyOf = ({ wave, step, state, waitsFor }: Place) => `${wave} ${step} ${state} ${waitsFor ?? ''}`;
