import type { ScratchStore } from '../store/scratch-store.js';

const COLUMNS = `id, appid, request_id, request_hash, method, is_change, request, state, created_at, traceparent,
  parked, blocked_by, next_attempt_at, waits_for_api, ask_at`;
const COMMON = `'Release', true, '{}'::json`;

// Of every 100 releases of one mini-program the first is in doubt and the others wait for it.
const BLOCKED = `
insert into operations (${COLUMNS})
select id, 'wxd' || lpad(to_hex((n - 1) / 100), 15, '0'), 'blocked-' || n, '', ${COMMON},
  case when id = first then 'IN_DOUBT' else 'QUEUED' end, now(), '', id <> first, case when id <> first then first end,
  null, null, case when id = first then now() + interval '1 hour' end
from (
  select *, first_value(id) over (partition by (n - 1) / 100 order by n) as first
  from (select n, uuidv7() as id from generate_series(1, $1::int) n) numbered
) placed order by n`;

const FOR_QUOTA = `
insert into operations (${COLUMNS})
select uuidv7(), 'wxc' || lpad(to_hex(n), 15, '0'), 'quota-' || n, '', ${COMMON}, 'QUEUED', now(), '', true, null,
  now() + interval '1 day', 'wxa/release', null
from generate_series(1, $1::int) n`;

/** Writes so many operations of which most wait for a change in doubt, and as many that wait for WeChat's quota. */
export async function writeDelayed(sql: ScratchStore['sql'], each: number): Promise<void> {
  await sql(BLOCKED, [each]);
  await sql(FOR_QUOTA, [each]);
  await sql('vacuum analyze operations');
}
