import type { Sql } from './sql.js';

/** How many mini-programs the finished operations are spread over. */
const MINI_PROGRAMS = 5_000;

// The newest 0.2 % are unfinished: in doubt, blocked by that, queued, delayed for a while, a quarter each. Ids are made
// from n, so that a blocker can be named.
const SQL = `
with numbered as (
  select n, now() - interval '1 day' * ($1::int - n) / $1::int as at, n / 4 > $1::int * 0.998 / 4 as open from generate_series(1, $1::int) n
), identified as (
  select *, n % 4 as turn, (overlay(overlay(overlay(overlay(
      lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0')
      placing '-' from 21 for 0) placing '-' from 17 for 0) placing '-' from 13 for 0) placing '-' from 9 for 0))::uuid as id
  from numbered
), placed as (
  select *, lag(id, 1) over (order by n) as before,
    case when open then 'wxf' || lpad(to_hex(n / 4 * 4 + turn / 2), 15, '0')
      else 'wx' || lpad(to_hex(n::bigint * 7919 % ${MINI_PROGRAMS}), 16, '0') end as appid,
    (array['Commit', 'SubmitAudit', 'Release', 'Commit', 'GetAuditStatus', 'GetAuditStatus', 'GetLatestAuditStatus',
      'ListPages', 'ListCategories', 'GetTrialQrCode'])[case when open then 1 else 1 + n % 10 end] as method,
    case when open then (array['IN_DOUBT', 'QUEUED', 'QUEUED', 'RETRYING'])[1 + turn]
      when n % 97 < 6 then 'FAILED' when n % 97 = 6 then 'CANCELLED' else 'SUCCEEDED' end as state
  from identified
)
insert into operations (id, appid, request_id, request_hash, method, is_change, request, state, fence, attempts,
  created_at, started_at, ended_at, next_attempt_at, parked, blocked_by, error, result, traceparent, updated_at)
select id, appid, md5(n::text), sha256(n::text::bytea), method, method in ('Commit', 'SubmitAudit', 'Release'),
  json_build_object('appid', appid, 'requestId', md5(n::text), 'userVersion', '1.' || n, 'extJson', repeat('x', 200)),
  state, 1, 1, at, at, case when open then null else at + interval '2 s' end,
  case when open and turn = 3 then now() + interval '1 day' end,
  open and turn in (1, 3), case when open and turn = 1 then before end,
  case when state = 'FAILED' then json_build_object('errcode', 85009, 'errmsg', repeat('x', 80)) end,
  case when state = 'SUCCEEDED' then json_build_object('pages', repeat('x', 150)) end,
  '00-' || md5(n::text) || '-0000000000000001-01', at
from placed order by n`;

/** Writes operations as a day leaves them, and analyzes the table unless told otherwise. */
export async function writeHistory(sql: Sql, rows: number, analyzed = true): Promise<void> {
  await sql(SQL, [rows]);
  if (analyzed) await sql('vacuum analyze operations');
}
