import type { Random } from '../random.js';

/** What one kind of fault may be like: how long it lasts, in milliseconds. */
export interface FaultKind {
  ms: readonly [least: number, most: number];
}

/** A fault to come. */
export interface Planned {
  name: string;
  /** Which process, counted round. */
  target: number;
  /** After the end of the one before. */
  pauseMs: number;
  ms: number;
}

/**
 * An endless row of faults, one after the other. Each round has every kind once, in an order of its own, so that a
 * short run meets most of them.
 */
export function* schedule(
  random: Random,
  kinds: Readonly<Record<string, FaultKind>>,
  pauseMs: readonly [least: number, most: number],
): Generator<Planned, never> {
  for (;;) {
    for (const [name, { ms }] of random.shuffled(Object.entries(kinds))) {
      yield { name, target: random.int(0, 11), pauseMs: random.int(...pauseMs), ms: random.int(...ms) };
    }
  }
}
