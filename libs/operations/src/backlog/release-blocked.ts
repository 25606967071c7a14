import type { ClientBase, Pool } from 'pg';

/** Operations blocked by these, which have ended, wait for capacity only. For the transaction that ends them. */
export async function releaseBlocked(client: ClientBase, ended: string[]): Promise<void> {
  await client.query({
    name: 'release-blocked',
    text: `update operations set blocked_by = null, backlog = 'method' where blocked_by = any($1::uuid[]) and parked`,
    values: [ended],
  });
}

// The blocker is locked: a concurrent statement that ends it has either seen the blocked operation, or is seen here.
const RELEASE_IF_ENDED = `
with blocker as (
  select b.id, b.ended_at from operations o join operations b on b.id = o.blocked_by
  where o.id = $1 and o.parked for share of b
)
update operations o set blocked_by = null, backlog = 'method'
from blocker b where o.id = $1 and o.parked and o.blocked_by = b.id and b.ended_at is not null`;

const IS_RELEASED = 'select from operations where id = $1 and parked and blocked_by is null';

/**
 * Whether the blocker of an operation that was just found blocked has ended in the meantime, with or without releasing it.
 * @returns true if the operation may be claimed again at once.
 */
export async function releaseIfEnded(pool: Pool, id: string): Promise<boolean> {
  const released = await pool.query({ name: 'release-if-ended', text: RELEASE_IF_ENDED, values: [id] });
  if (released.rowCount === 1) return true;
  const { rowCount } = await pool.query({ name: 'is-released', text: IS_RELEASED, values: [id] });
  return rowCount === 1;
}

// Steps from each blocker to the next in the index, however many operations it blocks.
const RELEASE_MISSED = `
with recursive blockers as (
  (select blocked_by as id, 1 as n from operations where parked and blocked_by > $1 order by 1 limit 1)
  union all
  select (select p.blocked_by from operations p where p.parked and p.blocked_by > b.id order by 1 limit 1), b.n + 1
  from blockers b where b.id is not null and b.n < $2
), ended as materialized (
  select b.id from blockers b where b.id is not null
    and not exists (select 1 from operations o where o.id = b.id and o.ended_at is null)
), released as (
  update operations p set blocked_by = null, backlog = 'method' from ended e where p.parked and p.blocked_by = e.id
  returning p.id
)
select (select id from blockers where id is not null order by id desc limit 1) as last,
  (select count(*)::int from released) as released`;

/** A page of blockers: where the next page begins (undefined: this was the last), and how many operations were released. */
export interface MissedPage {
  next: string | undefined;
  released: number;
}

/**
 * Releases operations that are still blocked by one that has ended. No known path leads to that state; this is a safety net.
 * @param after the last blocker of the previous page. @param limit maximum number of blockers.
 */
export async function releaseMissed(pool: Pool, after: string, limit: number): Promise<MissedPage> {
  const { rows } = await pool.query<{ last: string | null; released: number }>({
    name: 'release-missed',
    text: RELEASE_MISSED,
    values: [after, limit],
  });
  const { last = null, released = 0 } = rows[0] ?? {};
  return { next: last ?? undefined, released };
}
