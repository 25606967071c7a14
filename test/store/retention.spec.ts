import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { attemptWithin } from '../attempt-within.js';
import { accept, acceptQuery } from './operation-steps.js';
import { sql, useStore, value, worker } from './use-store.js';

useStore();

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AT_ONCE = 5_000;
const KEPT = { queriesMs: HOUR_MS, changesMs: 2 * HOUR_MS, trailMs: 400 * DAY_MS, rolloutsMs: 400 * DAY_MS };
const deleteOld = (what: Parameters<typeof worker.deleteOld>[0], given = {}) =>
  worker.deleteOld(what, { ...KEPT, ...given });

describe('delete_old_trail', () => {
  const write = (count: number, days: number) =>
    sql(
      `insert into trail (id, at, action, detail)
       select gen_random_uuid(), now() - $2 * interval '1 day', 'operation.cancelled', '{}' from generate_series(1, $1)`,
      ...[count, days],
    );

  it('Rows of the trail older than TRAIL_RETENTION_MS are deleted in batches of 5,000', async () => {
    await write(AT_ONCE + 1, 401);
    await write(1, 399);
    for (const count of [AT_ONCE, 1, 0]) expect(await deleteOld('trail')).toBe(count);
    expect(await sql('select extract(day from now() - at)::int as days from trail')).toEqual([{ days: 399 }]);
  });

  it('A retention of the trail below 30 days is refused by Postgres, and no row is deleted', async () => {
    await write(1, 31);
    const below = deleteOld('trail', { trailMs: 30 * DAY_MS - 1 });
    await expect(below).rejects.toThrow('kept for at least 30 days');
    expect(await deleteOld('trail', { trailMs: 30 * DAY_MS })).toBe(2);
  });
});

describe('deleteOld', () => {
  it('Retention records up to when it has deleted finished queries and changes, and never an earlier time', async () => {
    const deletedUntil = () =>
      sql('select queries_deleted_until as queries, changes_deleted_until as changes from history_state');
    const ended = (id: string, hours: number) =>
      value<Date>(
        `update operations set state = 'SUCCEEDED', ended_at = now() - $2 * interval '1 hour' where id = $1
         returning ended_at`,
        ...[id, hours],
      );
    expect(await deletedUntil()).toEqual([{ queries: null, changes: null }]);
    const queries = await ended(await acceptQuery(), 1.5);
    const changes = await ended(await accept({ id: '00000000-0000-7000-8000-000000000001' }), 3);
    await ended(await accept({ id: '00000000-0000-7000-8000-000000000002' }), 1.6);
    expect([await deleteOld('queries'), await deleteOld('changes')]).toEqual([1, 1]);
    expect(await deletedUntil()).toEqual([{ queries, changes }]);
    await ended(await acceptQuery(), 2.5);
    expect([await deleteOld('queries'), await deleteOld('queries')]).toEqual([1, 0]);
    expect(await deletedUntil()).toEqual([{ queries, changes }]);
  });

  it('A reader of tokens is deleted 400 days after its last read', async () => {
    await sql(
      `insert into token_readers (appid, caller, token_id, last_at)
       values ('wx1', 'old', '', now() - interval '401 days'), ('wx1', 'new', '', now() - interval '399 days')`,
    );
    expect(await deleteOld('readers')).toBe(1);
    expect(await sql('select caller from token_readers')).toEqual([{ caller: 'new' }]);
  });

  it('An audit that is no longer polled is deleted after the retention time of changes', async () => {
    await sql(
      `insert into audits (operation_id, appid, audit_id, user_version, submitted_at, next_poll_at)
       select gen_random_uuid(), 'wx00000000000000f1', n, '', now() - interval '150 minutes', at::timestamptz
       from unnest(array[1, 2], array['infinity', 'now']) a(n, at)`,
    );
    expect(await deleteOld('audits', { changesMs: 3 * HOUR_MS })).toBe(0);
    expect(await deleteOld('audits')).toBe(1);
    expect(await sql('select audit_id as id from audits')).toEqual([{ id: '2' }]);
  });
});

describe('instances', () => {
  const report = (methods: string[], { id = randomUUID(), app = 'release-worker' } = {}) =>
    worker.instances.report({ id, app, version: '1.2.3', methods, ratePerApi: 7.5 });
  const age = (seconds: number) =>
    sql(`update instances set seen_at = now() - $1 * interval '1 second'`, seconds);

  it('A worker counts as running until 60 s after its last report, and a process of another app does not', async () => {
    const id = randomUUID();
    await report(['Commit'], { id });
    await report(['Release'], { app: 'gateway' });
    const running = [{ version: '1.2.3', methods: ['Commit'], ratePerApi: 7.5 }];
    await attemptWithin(1_000, async () => {
      await age(59);
      expect(await worker.instances.workers()).toEqual(running);
    });
    await age(61);
    expect(await worker.instances.workers()).toEqual([]);
    await report(['Commit'], { id });
    expect(await worker.instances.workers()).toEqual(running);
    await worker.instances.remove(id);
    expect(await worker.instances.workers()).toEqual([]);
  });

  it('Retention deletes those that have not reported themselves for a day', async () => {
    await sql('delete from instances');
    await report(['Commit']);
    await age(23 * 3600);
    expect(await deleteOld('instances')).toBe(0);
    await age(25 * 3600);
    expect(await deleteOld('instances')).toBe(1);
  });
});
