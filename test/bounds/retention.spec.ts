import { beforeAll, expect, it } from '@jest/globals';
import { writeHistory } from '@wxa/bench';
import { scratch, sql, useStore, value } from '../store/use-store.js';
import { rowsRead } from './rows-read.js';

const DAY_MS = 24 * 3_600_000;
const KEPT = 50_000;
const OLD = 7_000;
const MOST = 5_000;
/** Old operations are spread over a day. */
const RETENTION = { queriesMs: 10 * DAY_MS, changesMs: 10 * DAY_MS, trailMs: 1e11, rolloutsMs: 1e11 };

useStore();
beforeAll(async () => {
  await writeHistory(scratch.sql, KEPT);
  const received = `case when n <= ${OLD} then now() - interval '20 days' else now() end`;
  await sql(
    `insert into audit_pushes (key, appid, push, waiting, received_at)
     select n::text, 'wx', '{}', n % 1000 = 0, ${received} from generate_series(1, ${OLD + KEPT}) n`,
  );
  await sql(
    `insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, decided_at)
     select gen_random_uuid(), 'wx', n, '', case when n % 1000 = 0 then 'OPEN' else 'APPROVED' end,
       now() - interval '30 days', case when n % 1000 = 0 then null else ${received} end
     from generate_series(1, ${OLD + KEPT}) n`,
  );
  await sql('vacuum analyze');
}, 600_000);

it.each([
  ['audit_pushes', 'pushes'],
  ['audits', 'audits'],
] as const)(
  'Retention deletes old rows of %s in batches of 5,000 and reads fewer than 15,000 rows per batch',
  async (table, what) => {
    // One row in 1000 is unfinished and must be kept.
    const stays = KEPT + OLD / 1000;
    for (const expected of [stays + OLD * 0.999 - MOST, stays, stays]) {
      const rows = await rowsRead(scratch, (store) => store.deleteOld(what, RETENTION), { table });
      expect(rows).toBeLessThan(3 * MOST);
      expect(await value(`select count(*)::int from ${table}`)).toBe(expected);
    }
  },
);
