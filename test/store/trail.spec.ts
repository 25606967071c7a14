import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { type ScratchStore, scratchStore } from './scratch-store.js';

const DAY_MS = 24 * 3_600_000;
const AT_ONCE = 5_000;

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch?.close());

/** Writes rows of this age. */
const write = (count: number, days: number) =>
  scratch.sql(
    `insert into trail (id, at, action, detail)
     select gen_random_uuid(), now() - $2 * interval '1 day', 'operation.cancelled', '{}' from generate_series(1, $1)`,
    [count, days],
  );
const ages = () =>
  scratch.sql<{ days: number; count: number }>(
    `select extract(day from now() - at)::int as days, count(*)::int as count from trail group by 1 order by 1`,
  );
const deleteOld = (trailMs: number) =>
  scratch.worker.deleteOld('trail', { queriesMs: DAY_MS, changesMs: DAY_MS, trailMs, rolloutsMs: DAY_MS });

describe('delete_old_trail', () => {
  it('Rows of the trail older than TRAIL_RETENTION_MS are deleted in batches of 5,000', async () => {
    await write(AT_ONCE + 1, 401);
    await write(1, 399);
    expect(await deleteOld(400 * DAY_MS)).toBe(AT_ONCE);
    expect(await deleteOld(400 * DAY_MS)).toBe(1);
    expect(await deleteOld(400 * DAY_MS)).toBe(0);
    expect(await ages()).toEqual([{ days: 399, count: 1 }]);
  });

  it('A retention of the trail below 30 days is refused by Postgres, and no row is deleted', async () => {
    await expect(deleteOld(30 * DAY_MS - 1)).rejects.toThrow('kept for at least 30 days');
    expect(await ages()).toEqual([{ days: 399, count: 1 }]);
    expect(await deleteOld(30 * DAY_MS)).toBe(1);
  });
});

describe('recordPolicy', () => {
  it('Each policy that a gateway loads leaves a row with its hash, the one before and the gateway, also if it returns', async () => {
    const record = scratch.gateway.callers.recordPolicy;
    const loaded = [
      { sha256: 'a', before: null, instance: 'one:1' },
      { sha256: 'b', before: 'a', instance: 'one:1' },
      { sha256: 'a', before: 'b', instance: 'one:1' },
      { sha256: 'a', before: null, instance: 'two:1' },
    ];
    for (const each of loaded)
      await record({ ...each, files: JSON.stringify({ 'policy.yaml': each.sha256 }) });
    const rows = await scratch.sql<{ detail: object }>(
      `select detail from trail where action = 'policy.loaded' order by at, id`,
    );
    expect(rows.map(({ detail }) => detail)).toEqual(loaded);
  });

  it('The texts of a policy are stored once by its hash, until it was not loaded for as long as the trail is kept', async () => {
    const stored = () =>
      scratch.sql<{ sha256: string; files: object }>('select sha256, files from policies order by 1');
    const record = scratch.gateway.callers.recordPolicy;
    const files = { 'policy.yaml': 'version: 1', 'food.txt': 'wx1\n' };
    await scratch.sql('delete from policies');
    const old = { sha256: 'old', before: null, instance: 'one:1', files: '{}' };
    for (const sha256 of ['old', 'new', 'old', 'gone'])
      await record({ ...old, sha256, files: JSON.stringify(files) });
    await scratch.sql(`update policies set loaded_at = now() - interval '401 days' where sha256 <> 'new'`);
    await record(old);
    await deleteOld(400 * DAY_MS);
    expect(await stored()).toEqual([
      { sha256: 'new', files },
      { sha256: 'old', files },
    ]);
  });
});

describe('listTrail', () => {
  it('Pages of the trail together have each row once, the newest first, also rows of one millisecond and of one instant', async () => {
    const appid = newAppid();
    await scratch.sql(
      `insert into trail (id, at, action, appid, detail)
       select gen_random_uuid(), timestamptz '2026-01-02T03:04:05.678Z' + n / 2 * interval '1 microsecond', 'operation.cancelled', $1, '{}'
       from generate_series(0, 6) n`,
      [appid],
    );
    const all = await scratch.sql<{ id: string }>(
      'select id from trail where appid = $1 order by at desc, id desc',
      [appid],
    );
    const read: { id: string }[] = [];
    for (let after: { after?: string } = {}; ; ) {
      const page = await scratch.gateway.callers.listTrail({ appid, limit: 2, ...after });
      read.push(...page);
      const last = page.at(-1);
      if (last === undefined) break;
      after = { after: last.position };
    }
    expect(read.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
  });
});
