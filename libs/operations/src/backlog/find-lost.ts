import { OUTBOXES } from '@wxa/postgres/outbox';
import type { Pool } from 'pg';

/** An unfinished operation that no process has changed for a long time. */
export interface Untouched {
  id: string;
  appid: string;
}

/** Rows read for one page; this many unfinished operations take about 10 ms. */
const PAGE = 5_000;

// A command that is pending in the outbox is not lost, and later ones leave the outbox after it.
const SQL = `
with page as materialized (
  select o.id, o.appid, o.parked, o.state, o.is_change, o.seq, o.updated_at from operations o
  where o.ended_at is null and o.id > $1
  order by o.id limit ${PAGE}
)
select (select id from page order by id desc limit 1) as last, (select count(*) from page) as n, coalesce((
  select json_agg(json_build_object('id', p.id, 'appid', p.appid) order by p.seq) from page p
  where not p.parked and p.state <> 'IN_DOUBT'
    and p.updated_at < statement_timestamp() - $2 * interval '1 millisecond'
    and not exists (select from (values ${OUTBOXES}) w(app, writer) cross join lateral (
      select time from outbox where writer = w.writer order by id limit 1) oldest
      where oldest.time < statement_timestamp() - $2 * interval '1 millisecond' / 2)
    and (not p.is_change or not exists (
      select 1 from operations b where b.appid = p.appid and b.is_change and b.ended_at is null and b.seq < p.seq))
  ), '[]') as untouched`;

/** A page of unfinished operations: where the next page begins (undefined: at the beginning), and the untouched ones. */
export interface UntouchedPage {
  next: string | undefined;
  untouched: Untouched[];
}

/** Finds operations that could run but were not changed for `untouchedMs`, in one page of the unfinished ones. */
export async function findUntouched(pool: Pool, after: string, untouchedMs: number): Promise<UntouchedPage> {
  const { rows } = await pool.query<{ last: string | null; n: string; untouched: Untouched[] }>({
    name: 'find-untouched',
    text: SQL,
    values: [after, untouchedMs],
  });
  const { last = null, n = '0', untouched = [] } = rows[0] ?? {};
  return { next: Number(n) < PAGE ? undefined : (last ?? undefined), untouched };
}

const RECOVER = `
update operations o set parked = true, backlog = 'method', partition = l.partition
from unnest($1::uuid[], $2::int[]) as l(id, partition)
where o.id = l.id and o.ended_at is null and not o.parked and o.state <> 'IN_DOUBT'
  and o.updated_at < statement_timestamp() - $3 * interval '1 millisecond'`;

/** Queues operations whose command was lost for the worker that owns their partition. Returns how many. */
export async function recover(
  pool: Pool,
  lost: { id: string; partition: number }[],
  untouchedMs: number,
): Promise<number> {
  const values = [lost.map(({ id }) => id), lost.map(({ partition }) => partition), untouchedMs];
  const { rowCount } = await pool.query({ name: 'recover', text: RECOVER, values });
  return rowCount ?? 0;
}
