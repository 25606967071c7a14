import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

const HOUR_MS = 3_600_000;
const RETENTION = {
  queriesMs: HOUR_MS,
  changesMs: 2 * HOUR_MS,
  trailMs: 30 * 24 * HOUR_MS,
  rolloutsMs: 30 * 24 * HOUR_MS,
};

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch?.close());

/** Writes an operation that ended this long ago, and returns when. */
async function ended(isChange: boolean, hours: number): Promise<Date> {
  const id = `00000000-0000-7000-8000-${String(hours * 10).padStart(12, '0')}`;
  const method = isChange ? 'Release' : 'GetVisitStatus';
  await scratch.gateway.operations.accept(newOperation({ id, appid: newAppid(), isChange, method }));
  const [row] = await scratch.sql<{ at: Date }>(
    `update operations set state = 'SUCCEEDED', ended_at = now() - $2 * interval '1 hour' where id = $1
     returning ended_at as at`,
    [id, hours],
  );
  return row?.at as Date;
}

const deletedUntil = async () =>
  (
    await scratch.sql<{ queries: Date | null; changes: Date | null }>(
      'select queries_deleted_until as queries, changes_deleted_until as changes from history_state',
    )
  )[0];

it('Retention records up to when it has deleted finished queries and changes, and never an earlier time', async () => {
  expect(await deletedUntil()).toEqual({ queries: null, changes: null });
  const query = await ended(false, 1.5);
  const change = await ended(true, 3);
  await ended(true, 1.6);
  expect(await scratch.worker.deleteOld('queries', RETENTION)).toBe(1);
  expect(await scratch.worker.deleteOld('changes', RETENTION)).toBe(1);
  expect(await deletedUntil()).toEqual({ queries: query, changes: change });
  await ended(false, 2.5);
  expect(await scratch.worker.deleteOld('queries', RETENTION)).toBe(1);
  expect(await scratch.worker.deleteOld('queries', RETENTION)).toBe(0);
  expect(await deletedUntil()).toEqual({ queries: query, changes: change });
});
