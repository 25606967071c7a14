import { expect, it } from '@jest/globals';
import { acceptedAtMs, lowestId, operationId } from './accept.js';

it('Ids sort by their time, and within a millisecond in the order in which they were made', () => {
  const at = Date.UTC(2026, 0);
  const times = [at, at, at, at + 1, at + 1, at + 2];
  const ids = times.map((ms) => operationId(new Date(ms)));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

it('An id is at or above the lowest id of its own time and below that of the next millisecond', () => {
  for (const ms of [0, 1, Date.UTC(2026, 0), 2 ** 40]) {
    const id = operationId(new Date(ms));
    expect(lowestId(ms) <= id && id < lowestId(ms + 1)).toBe(true);
    expect(acceptedAtMs(id)).toBe(ms);
  }
});

it('The lowest id of a time outside the range of UUIDv7 is the nearest valid one', () => {
  expect(lowestId(-1)).toBe('00000000-0000-0000-0000-000000000000');
  expect(lowestId(2 ** 50)).toBe('ffffffff-ffff-0000-0000-000000000000');
});
