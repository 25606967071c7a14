import { OffsetTracker } from './offset-tracker.js';

/** An assigned partition. */
export interface Partition {
  tracker: OffsetTracker;
  paused: boolean;
  /** By Date.now(). */
  assignedAt: number;
}

export function newPartition(): Partition {
  return { tracker: new OffsetTracker(), paused: false, assignedAt: Date.now() };
}
