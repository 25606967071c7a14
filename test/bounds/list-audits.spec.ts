import { beforeAll, expect, it } from '@jest/globals';
import type { AuditFilter } from '@wxa/audits';
import { MAX_EXAMINED, type Visible } from '@wxa/postgres/lists';
import { column, gateway, scratch, sql, useStore } from '../store/use-store.js';
import { rowsRead } from './rows-read.js';

const ROWS = 100_000;
const PAGE = 50;
const OLD = new Date('2026-06-01T00:00:00Z');

// Of every 100 audits, two are open and one of these is delayed; an ended one may have been delayed too. Ten have one time.
const INSERT = `
insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, decided_at, delayed_at, reason, screenshots)
select gen_random_uuid(), 'wx' || lpad(to_hex(n % 5000), 16, '0'), n, '1.0', state, at,
  case when state <> 'OPEN' then at + interval '1 hour' end, case when n % 10 = 0 then at + interval '1 minute' end,
  repeat('原', 2000), array_fill('media'::text, array[30])
from (select n, case when n % 50 = 0 then 'OPEN' when n % 3 = 0 then 'REJECTED' else 'APPROVED' end as state,
  '2026-01-01T00:00:00Z'::timestamptz + n / 10 * interval '30 minutes' as at from generate_series(1, $1::int) n) made`;

useStore();
beforeAll(async () => {
  await sql(INSERT, ROWS);
  await sql(`update audits set delayed_at = null where audit_id % 100 = 50`);
  await sql('vacuum analyze audits');
}, 600_000);

type Filter = Omit<AuditFilter, 'limit'>;

async function listed(filter: Filter, most: number): Promise<string[]> {
  const ids: string[] = [];
  for (let after = filter.after; ; ) {
    const page = { ...filter, ...(after && { after }), limit: 500 };
    const { audits, examinedTo } = await gateway.audits.list(page);
    ids.push(...audits.map(({ operationId }) => operationId));
    after = audits.length === 500 ? audits.at(-1)?.position : examinedTo;
    if (after === undefined || ids.length >= most) return ids;
  }
}

const FILTERS: Filter[] = [
  {},
  { submittedBefore: OLD },
  { state: 'OPEN' },
  { state: 'REJECTED', submittedBefore: OLD },
  { delayed: true },
  { delayed: true, submittedBefore: OLD },
  { appid: 'wx00000000000000ff' },
  { appid: 'wx00000000000000ff', state: 'APPROVED' },
  { appid: 'wx0000000000000064', delayed: true },
  { auditId: '4711' },
  { auditId: '4711', state: 'APPROVED', appid: 'wx0000000000001267' },
];

it.each(FILTERS)('The pages of %j contain each audit once, in the order of submission', async (filter) => {
  const { appid, auditId, state, delayed, submittedBefore } = filter;
  const expected = await column(
    `select operation_id from audits where appid = coalesce($1, appid) and state = coalesce($2, state)
        and submitted_at < coalesce($3::timestamptz, 'infinity') and ($4::boolean is null or (state = 'OPEN' and delayed_at is not null))
        and audit_id = coalesce($5, audit_id) order by submitted_at, operation_id limit 3000`,
    ...[appid, state, submittedBefore, delayed, auditId],
  );
  const ids = await listed(filter, expected.length);
  expect(expected.length).toBeGreaterThan(0);
  expect(ids.slice(0, expected.length)).toEqual(expected);
});

const rowsReadFor = (filter: AuditFilter) =>
  rowsRead(scratch, (store) => store.audits.list(filter), { table: 'audits' });

it.each(FILTERS)('A page of %j reads fewer than 10 rows per audit', async (filter) => {
  expect(await rowsReadFor({ ...filter, limit: PAGE + 1 })).toBeLessThan(10 * PAGE);
});

it('The pages of a caller that may see a part of the mini-programs contain each of their audits once', async () => {
  const visible: Visible = { allow: ['wx00000000000000*'], deny: ['wx00000000000000ff'] };
  const expected = await column(
    `select operation_id from audits where appid like 'wx00000000000000__' and appid <> 'wx00000000000000ff'
       order by submitted_at, operation_id`,
  );
  expect(await listed({ visible }, Number.POSITIVE_INFINITY)).toEqual(expected);
});

it('A page without a visible audit examines 20,000 audits and says where it ended', async () => {
  const filter = { limit: PAGE, visible: { allow: ['wxeeeeeeeeeeeeeeee'], deny: [] } };
  const { audits, examinedTo } = await gateway.audits.list(filter);
  expect([audits, typeof examinedTo]).toEqual([[], 'string']);
  expect(await rowsReadFor(filter)).toBeLessThan(1.05 * MAX_EXAMINED);
});

it('A list cuts reasons to 1,000 characters and has 20 screenshots, and a found audit has all of both', async () => {
  const { audits } = await gateway.audits.list({ limit: 1 });
  const { appid = '', auditId = '' } = audits[0] ?? {};
  expect([audits[0]?.reason.length, audits[0]?.screenshots.length]).toEqual([1_000, 20]);
  const found = await gateway.audits.find(appid, auditId);
  expect([found?.reason.length, found?.screenshots.length]).toEqual([2_000, 30]);
});
