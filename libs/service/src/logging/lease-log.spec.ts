import { expect, it } from '@jest/globals';
import { leaseLog } from './lease-log.js';

it('A lease is logged when it is taken and when it is lost, not when it is renewed or still held by another process', () => {
  const lines: unknown[] = [];
  const log = leaseLog({ info: (fields, message) => lines.push([fields, message]) }, 'retention');
  for (const isHeld of [false, true, true, false, false, true]) log(isHeld);
  const lease = 'retention';
  expect(lines).toEqual([
    [{ lease }, 'lease taken'],
    [{ lease }, 'lease lost'],
    [{ lease }, 'lease taken'],
  ]);
});
