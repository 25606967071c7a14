import { describe, expect, it } from '@jest/globals';
import { column, gateway, newAppid, sql, useStore, worker } from './use-store.js';

useStore();

const DAY_MS = 24 * 3_600_000;

describe('recordPolicy', () => {
  it('Each policy that a gateway loads leaves a row with its hash, the one before and the gateway, also if it returns', async () => {
    const loaded = [
      { sha256: 'a', before: null, instance: 'one:1' },
      { sha256: 'b', before: 'a', instance: 'one:1' },
      { sha256: 'a', before: 'b', instance: 'one:1' },
      { sha256: 'a', before: null, instance: 'two:1' },
    ];
    for (const each of loaded)
      await gateway.callers.recordPolicy({ ...each, files: JSON.stringify({ 'policy.yaml': each.sha256 }) });
    const rows = await column(`select detail from trail where action = 'policy.loaded' order by at, id`);
    expect(rows).toEqual(loaded);
  });

  it('The texts of a policy are stored once by its hash, until it was not loaded for as long as the trail is kept', async () => {
    const files = { 'policy.yaml': 'version: 1', 'food.txt': 'wx1\n' };
    const record = (sha256: string, text: object) =>
      gateway.callers.recordPolicy({
        ...{ sha256, before: null, instance: 'one:1', files: JSON.stringify(text) },
      });
    await sql('delete from policies');
    for (const sha256 of ['old', 'new', 'old', 'gone']) await record(sha256, files);
    await sql(`update policies set loaded_at = now() - interval '401 days' where sha256 <> 'new'`);
    await record('old', {});
    const retention = { queriesMs: DAY_MS, changesMs: DAY_MS, trailMs: 400 * DAY_MS, rolloutsMs: DAY_MS };
    await worker.deleteOld('trail', retention);
    expect(await sql('select sha256, files from policies order by 1')).toEqual([
      { sha256: 'new', files },
      { sha256: 'old', files },
    ]);
  });
});

it('Pages of the trail together have each row once, the newest first, also rows of one millisecond and of one instant', async () => {
  const appid = newAppid();
  await sql(
    `insert into trail (id, at, action, appid, detail)
       select gen_random_uuid(), timestamptz '2026-01-02T03:04:05.678Z' + n / 2 * interval '1 microsecond', 'operation.cancelled', $1, '{}'
       from generate_series(0, 6) n`,
    appid,
  );
  const read: string[] = [];
  for (let after: { after?: string } | undefined = {}; after !== undefined; ) {
    const page: { id: string; position: string }[] = await gateway.callers.listTrail({
      ...{ appid, limit: 2, ...after },
    });
    read.push(...page.map(({ id }) => id));
    const last = page.at(-1);
    after = last && { after: last.position };
  }
  expect(read).toEqual(
    await column('select id from trail where appid = $1 order by at desc, id desc', appid),
  );
});
