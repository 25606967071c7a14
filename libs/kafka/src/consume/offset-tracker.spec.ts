import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OffsetTracker } from './offset-tracker.js';

it('The offset to commit is the lowest open one, in whatever order records end', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.bigInt({ min: 0n, max: 500n }), { minLength: 1 }),
      fc.infiniteStream(fc.nat()),
      (given, random) => {
        const offsets = [...given].sort((a, b) => (a < b ? -1 : 1));
        const tracker = new OffsetTracker();
        for (const offset of offsets) expect(tracker.open(offset)).toBe(true);
        const open = [...offsets];
        while (open.length > 0) {
          expect(tracker.uncommitted()).toBe(open[0]);
          const [offset] = open.splice((random.next().value as number) % open.length, 1);
          tracker.done(offset as bigint);
          expect(tracker.inFlight).toBe(open.length);
        }
        expect(tracker.uncommitted()).toBe((offsets.at(-1) as bigint) + 1n);
        expect(tracker.commitGap).toBe(0);
      },
    ),
  );
});

it('An offset that was opened before is not opened again', () => {
  const tracker = new OffsetTracker();
  expect([7n, 7n, 6n].map((offset) => tracker.open(offset))).toEqual([true, false, false]);
  expect(tracker.inFlight).toBe(1);
});

it('A committed offset is not committed again', () => {
  const tracker = new OffsetTracker();
  tracker.open(7n);
  tracker.done(7n);
  tracker.committed(8n);
  expect(tracker.uncommitted()).toBeUndefined();
  tracker.open(8n);
  expect(tracker.uncommitted()).toBeUndefined();
  tracker.done(8n);
  expect(tracker.uncommitted()).toBe(9n);
});

it('The commit gap stays 0 over 100,000 records that end in order', () => {
  const tracker = new OffsetTracker();
  for (let offset = 0n; offset < 100_000n; offset++) {
    tracker.open(offset);
    tracker.done(offset);
  }
  expect(tracker.commitGap).toBe(0);
});
