import type { Pool } from 'pg';

/** What a delayed operation waits for: capacity for its method, or in its lane. */
export type BacklogOf = 'method' | 'lane';

/** An operation that its worker has no capacity for. */
export interface Delay {
  id: string;
  /** The mini-program of its command: an operation of another one is `unknown`. */
  appid: string;
  /** The partition of its command: the worker that owns it loads the operation again. */
  partition: number;
  backlog: BacklogOf;
}

/**
 * - `delayed`: it waits in Postgres now.
 * - `not-needed`: it has ended, is in doubt, or is delayed in Postgres for another reason.
 * - `unknown`: there is no such operation.
 */
export type Delayed = 'delayed' | 'not-needed' | 'unknown';

const SQL = `
with wanted as (
  select * from unnest($1::uuid[], $2::text[], $3::int[], $4::text[]) as w(wanted_id, wanted_appid, wanted_partition, wanted)
), locked as (
  select o.id, w.wanted_partition, w.wanted, o.ended_at is null and o.state <> 'IN_DOUBT'
    and (not o.parked or o.backlog is not null) as is_runnable
  from operations o join wanted w on w.wanted_id = o.id
  where o.id = any($1) and o.appid = w.wanted_appid order by o.id for update of o
), delayed as (
  update operations o set parked = true, backlog = l.wanted, partition = l.wanted_partition
  from locked l where o.id = any($1) and o.id = l.id and l.is_runnable
)
select id, case when is_runnable then 'delayed' else 'not-needed' end as kind from locked`;

/** Delays operations in Postgres until their worker has capacity for them; one result for each, in order. */
export async function delay(pool: Pool, delays: Delay[]): Promise<Delayed[]> {
  const { rows } = await pool.query<{ id: string; kind: Delayed }>({
    name: 'delay',
    text: SQL,
    values: [
      delays.map((d) => d.id),
      delays.map((d) => d.appid),
      delays.map((d) => d.partition),
      delays.map((d) => d.backlog),
    ],
  });
  const kinds = new Map(rows.map(({ id, kind }) => [id, kind]));
  return delays.map(({ id }) => kinds.get(id) ?? 'unknown');
}
