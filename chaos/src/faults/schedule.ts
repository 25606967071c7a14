import type { Random } from '../random.js';

/** The bounds of the duration of a kind of fault, in milliseconds. */
export interface FaultBounds {
  ms: readonly [least: number, most: number];
}

/** A scheduled fault. */
export interface PlannedFault {
  name: string;
  /** Index of the process, modulo their number. */
  target: number;
  /** Since the end of the previous fault. */
  pauseMs: number;
  ms: number;
}

/** An endless sequence of faults. Each round contains every kind once in random order, so that a short run has most of them. */
export function* schedule(
  random: Random,
  kinds: Readonly<Record<string, FaultBounds>>,
  pauseMs: readonly [least: number, most: number],
): Generator<PlannedFault, never> {
  for (;;) {
    for (const [name, { ms }] of random.shuffled(Object.entries(kinds))) {
      yield { name, target: random.int(0, 11), pauseMs: random.int(...pauseMs), ms: random.int(...ms) };
    }
  }
}

/** A fault that comes once, when this share of the run has passed. */
export interface Milestone {
  name: string;
  share: number;
}

/** The faults, with each milestone in their place as soon as its share of the run has passed. */
export function* withMilestones(
  faults: Iterable<PlannedFault>,
  milestones: readonly Milestone[],
  passed: () => number,
): Generator<PlannedFault> {
  const left = [...milestones];
  for (const fault of faults) {
    const share = passed();
    while (left[0] !== undefined && left[0].share <= share)
      yield { name: left.shift()?.name ?? '', target: 0, pauseMs: 0, ms: 0 };
    yield fault;
  }
}
