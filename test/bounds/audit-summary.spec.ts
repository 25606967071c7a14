import { beforeAll, expect, it } from '@jest/globals';
import { byLength } from '../length.js';
import { gateway, scratch, sql, useStore } from '../store/use-store.js';
import { rowsRead } from './rows-read.js';

const DECIDED = 100_000;
const COUNTED_WITHIN_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 300 });
const HOUR_S = 3600;

// The first is the latest. A fifth was rejected, for two reasons, one of them twice, or for a detail without a title.
const INSERT = `
insert into audits (operation_id, appid, audit_id, user_version, template_id, state, submitted_at, decided_at, decided_event)
select gen_random_uuid(), 'wx' || lpad(to_hex(n % 5000), 16, '0'), n, '1.0', nullif(n % 4, 0),
  case when n % 5 = 0 then 'REJECTED' else 'APPROVED' end, at - (n % 7 + 1) * interval '1 hour', at,
  case when n = 5 then '{"reasons":[{"title":"\\u0000"}]}'
    when n % 10 = 0 then '{"reason":"' || repeat('原', 150) || '","reasons":[{"title":"类目不符"},{"title":"类目不符"},{"title":"页面无法打开"}]}'
    when n % 5 = 0 then '{"reason":"' || repeat('原', 150) || '","reasons":[{"title":"","details":["截图不清"]}]}'
    else '{"reason":"","userVersion":"' || repeat('1', 300) || '"}' end::json
from (select n, now() - n * interval '24 seconds' as at from generate_series(1, $1::int) n) made`;

const NOT_COUNTED = `
insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, decided_at)
select gen_random_uuid(), 'wx' || lpad(to_hex(n), 16, '0'), n, '1.0',
  case when n % 3 = 0 then 'OPEN' when n % 3 = 1 then 'WITHDRAWN' else 'REJECTED' end, now() - interval '50 days',
  case when n % 3 = 1 then now() when n % 3 = 2 then now() - interval '40 days' end
from generate_series(1, 3000) n`;

useStore();
beforeAll(async () => {
  await sql(INSERT, DECIDED);
  await sql(NOT_COUNTED);
  await sql('vacuum analyze audits');
});

const count = (filter: Parameters<typeof gateway.audits.count>[0] = {}) => gateway.audits.count(filter);

it('A summary counts the audits that were decided in the last 30 days, by day of China, template and reason', async () => {
  const { total, days, templates, reasons } = await count();
  const quarter = { approved: 20_000, rejected: 5_000, seconds: 4 * HOUR_S };
  expect(total).toMatchObject({ approved: 80_000, rejected: 20_000, seconds: 4 * HOUR_S });
  expect(templates.toSorted((a, b) => Number(a.template) - Number(b.template))).toMatchObject(
    [null, '1', '2', '3'].map((template) => ({ template, ...quarter })),
  );
  const inDays = days.reduce((sum, { approved, rejected }) => sum + approved + rejected, 0);
  expect(inDays).toBe(DECIDED);
  expect(new Set(days.map(({ day }) => day.toISOString().slice(10)))).toEqual(new Set(['T16:00:00.000Z']));
  expect(days.map(({ day }) => day)).toEqual(days.map(({ day }) => day).toSorted((a, b) => +a - +b));
  // Of the 10,000 latest rejections, one with a text that Postgres cannot read.
  expect(reasons).toMatchObject([
    { reason: '类目不符', count: 5_000 },
    { reason: '页面无法打开', count: 5_000 },
    { reason: '截图不清', count: 4_999 },
  ]);
});

it('A summary of a template, or of what a caller may see, counts nothing else', async () => {
  const { total, templates } = await count({ template: '1' });
  expect([total.approved + total.rejected, templates.length]).toEqual([25_000, 1]);
  const visible = { allow: ['wx00000000000000ff'], deny: [] };
  const seen = await count({ visible });
  expect(seen.total).toMatchObject({ approved: 0, rejected: 20 });
  expect(seen.reasons).toMatchObject([{ reason: '截图不清', count: 10 }]);
});

it('A summary without audits has no median', async () => {
  const { total, days, templates, reasons } = await count({ template: '99' });
  expect(total).toMatchObject({ approved: 0, rejected: 0, seconds: null });
  expect([days, templates, reasons]).toEqual([[], [], []]);
});

it(`A summary of ${DECIDED} audits reads each once, and the latest rejections twice`, async () => {
  const startedAt = performance.now();
  await count();
  const ms = performance.now() - startedAt;
  process.stdout.write(`GetAuditSummary of ${DECIDED} audits: ${ms.toFixed(0)} ms\n`);
  expect(ms).toBeLessThan(COUNTED_WITHIN_MS);
  const rows = await rowsRead(scratch, (store) => store.audits.count({}), { table: 'audits' });
  expect(rows).toBeLessThan(1.12 * DECIDED);
});
