import { randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

const RANDOM_SEQ = 2 ** 31;
const MAX_TIME_MS = 2 ** 48 - 1;

let last = { msecs: Number.NaN, seq: 0 };

/**
 * The id of an operation that is accepted at `createdAt`: a UUIDv7 of exactly that time, so that a range of times is a range
 * of ids. The ids that a process makes within a millisecond sort in the order in which they were made.
 */
export function operationId(createdAt: Date): string {
  const msecs = createdAt.getTime();
  last = { msecs, seq: msecs === last.msecs ? last.seq + 1 : randomInt(RANDOM_SEQ) };
  return uuidv7(last);
}

/** When an operation was accepted, by its id; epoch milliseconds. */
export function acceptedAtMs(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The lower bound of the ids of this time: no id of this time or later is below it, and every earlier one is. */
export function lowestId(ms: number): string {
  const hex = Math.min(Math.max(0, Math.ceil(ms)), MAX_TIME_MS)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
