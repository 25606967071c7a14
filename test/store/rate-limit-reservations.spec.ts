import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch.close());

const PER_SECOND = 100;

it('takeReservations grants successive reservations for at most 200 ms, and fewer the further ahead they are', async () => {
  let nextAt = 0;
  const counts: number[] = [];
  for (let i = 0; i < 12; i++) {
    const reservations = await scratch.worker.limits.takeReservations('wxa/commit', 1_000, PER_SECOND);
    const { startsAt = 0, count = 0, spacingMs = 0 } = reservations ?? {};
    expect(spacingMs).toBe(1000 / PER_SECOND);
    if (i > 0) expect(startsAt).toBeCloseTo(nextAt, 0);
    nextAt = startsAt + count * spacingMs;
    counts.push(count);
  }
  expect(counts[0]).toBe(20);
  expect(counts.at(-1)).toBeLessThan(10);
  expect(counts).toEqual(counts.toSorted((a, b) => b - a));
});

it('takeReservations grants no reservation twice to 40 concurrent callers', async () => {
  const { worker, gateway } = scratch;
  const requested = Array.from({ length: 40 }, (_, i) =>
    (i % 2 ? worker : gateway).limits.takeReservations('wxa/undocodeaudit', 3, PER_SECOND),
  );
  const blocks = (await Promise.all(requested)).map((reservations) => {
    const { startsAt = 0, count = 0, spacingMs = 0 } = reservations ?? {};
    return { startsAt, endsAt: startsAt + count * spacingMs };
  });
  blocks.sort((a, b) => a.startsAt - b.startsAt);
  for (const [i, { startsAt }] of blocks.slice(1).entries()) {
    expect(startsAt).toBeGreaterThan((blocks[i]?.endsAt ?? Number.NaN) - 0.1);
  }
  const rows = await scratch.sql('select from api_places where api = $1', ['wxa/undocodeaudit']);
  expect(rows).toHaveLength(1);
});

it('takeReservations grants at most as many as requested, and none if an API has no limit', async () => {
  expect(await scratch.worker.limits.takeReservations('wxa/release', 3, PER_SECOND)).toMatchObject({
    count: 3,
  });
  expect(await scratch.worker.limits.takeReservations('wxa/release', 3, 0)).toBeUndefined();
  expect(await scratch.worker.limits.takeReservations('wxa/getversioninfo', 3, 0)).toBeUndefined();
});
