import { OffsetTracker } from './offset-tracker.js';

/** An assigned partition. */
export interface Partition {
  tracker: OffsetTracker;
  paused: boolean;
  /** The time is one of Date.now(). */
  assignedAt: number;
}

export function newPartition(): Partition {
  return { tracker: new OffsetTracker(), paused: false, assignedAt: Date.now() };
}
