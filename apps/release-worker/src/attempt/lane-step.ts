import type { LaneStep } from '../lanes/lanes.js';

/** Requests of at least this size share a byte budget while they are in flight. */
export const LARGE_BYTES = 16 * 1024;

export const DONE: LaneStep = { kind: 'done' };

export function again(ms: number): LaneStep {
  return { kind: 'again', afterMs: Math.max(0, ms) };
}
