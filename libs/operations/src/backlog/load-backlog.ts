import type { Pool } from 'pg';
import type { BacklogOf } from './delay.js';

/** An operation that is loaded from Postgres into its lane. */
export interface Loaded {
  id: string;
  appid: string;
  method: string;
  /** The path of a listed call; null: the API of its method. */
  api: string | null;
  partition: number;
  /** Whether it was attempted before. */
  isRetry: boolean;
  /** Approximate size of its request. */
  requestBytes: number;
  /** How long its next attempt has been due, in milliseconds; 0 before the first attempt. */
  dueForMs: number;
}

/** Capacity for operations of a method, or of a lane (an appid). */
export interface FreeRoom {
  of: string;
  count: number;
}

const LOADED = `o.id, o.appid, o.method, o.api, o.partition, o.state <> 'QUEUED' as "isRetry",
  octet_length(o.request::text) as "requestBytes", case when o.state = 'RETRYING' then
    greatest(0, extract(epoch from clock_timestamp() - o.next_attempt_at)::float8 * 1000) else 0 end as "dueForMs"`;

const PROMOTE = `
update operations o set backlog = 'method', waits_for_api = null, partition = coalesce(partition, ($1::int[])[1])
where o.id in (
  select p.id from operations p where p.parked and p.backlog is null and p.blocked_by is null
    and p.next_attempt_at <= statement_timestamp() and (p.partition = any($1) or p.partition is null)
  order by p.next_attempt_at, p.seq limit $2 for update skip locked)`;

/**
 * Makes operations whose delay has expired wait for capacity only.
 * @param partitions those that the worker owns. @returns how many, at most `limit`.
 */
export async function promoteDue(pool: Pool, partitions: number[], limit: number): Promise<number> {
  const { rowCount } = await pool.query({ name: 'promote-due', text: PROMOTE, values: [partitions, limit] });
  return rowCount ?? 0;
}

// `any(array(…))`: Postgres estimates that an unknown limit leaves a tenth of the rows, and would join that with the table.
const loadSql = (backlog: BacklogOf, key: 'method' | 'appid') => `
with taken as materialized (
  select t.id from unnest($1::text[], $2::int[]) as room(key, count) cross join lateral (
    select p.id from operations p
    where p.backlog = '${backlog}' and p.${key} = room.key and p.partition = any($3)
    order by p.seq limit room.count for update skip locked) t
), loaded as (
  update operations o set backlog = 'loaded' where o.id = any(array(select t.id from taken t))
  returning o.seq, ${LOADED}
)
select id, appid, method, api, partition, "isRetry", "requestBytes", "dueForMs" from loaded order by seq`;

const LOAD = { method: loadSql('method', 'method'), lane: loadSql('lane', 'appid') };

/** Loads operations that wait for capacity, in the order of acceptance, in the partitions that the worker owns. */
export async function load(
  pool: Pool,
  backlog: BacklogOf,
  rooms: FreeRoom[],
  partitions: number[],
): Promise<Loaded[]> {
  const values = [rooms.map((room) => room.of), rooms.map((room) => room.count), partitions];
  const { rows } = await pool.query<Loaded>({ name: `load-${backlog}`, text: LOAD[backlog], values });
  return rows;
}

/** Operations that an earlier owner of these partitions had loaded wait for capacity again. */
export async function unloadAll(pool: Pool, partitions: number[]): Promise<void> {
  await pool.query(
    `update operations set backlog = 'method' where backlog = 'loaded' and partition = any($1)`,
    [partitions],
  );
}

/** The operations that the owner of these partitions should have in memory. */
export async function loadedIds(pool: Pool, partitions: number[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from operations where backlog = 'loaded' and partition = any($1)`,
    [partitions],
  );
  return rows.map(({ id }) => id);
}

/** Operations that are in no worker's memory wait for capacity again. */
export async function unload(pool: Pool, ids: string[]): Promise<void> {
  await pool.query(
    `update operations set backlog = 'method' where id = any($1::uuid[]) and backlog = 'loaded'`,
    [ids],
  );
}

// Steps from each mini-program to the next in the index, however many operations it has there.
const LANES = `
with recursive lanes as (
  (select appid, partition from operations where backlog = 'lane' order by appid limit 1)
  union all
  select n.appid, n.partition from lanes l cross join lateral (
    select o.appid, o.partition from operations o where o.backlog = 'lane' and o.appid > l.appid
    order by o.appid limit 1) n
)
select appid from lanes where partition = any($1)`;

/** The mini-programs with operations that wait for capacity in their lane. */
export async function lanesWithBacklog(pool: Pool, partitions: number[]): Promise<string[]> {
  const { rows } = await pool.query<{ appid: string }>({
    name: 'lanes-with-backlog',
    text: LANES,
    values: [partitions],
  });
  return rows.map(({ appid }) => appid);
}
