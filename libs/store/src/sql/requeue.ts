import type { Pool, QueryConfig } from 'pg';
import type { OutboxEvent, Writer } from '../outbox-event.js';
import { type ClaimedOperation } from './claim.js';
import { claimedColumns } from './operation-columns.js';
import { transaction } from './transaction.js';
import { writeOutbox } from './write-outbox.js';

const AT_ONCE = 500;

// Thousands may wait for one change in doubt, or for an API: each blocker is looked at once, by skipping from one to
// the next in the index, and what is not due yet not at all. In the order of acceptance, so that a mini-program's
// changes come back in order.
const TAKE = `
with recursive blockers as (
  (select blocked_by as id from operations where parked and blocked_by is not null order by 1 limit 1)
  union all
  select (select p.blocked_by from operations p where p.parked and p.blocked_by > b.id order by 1 limit 1)
  from blockers b where b.id is not null
), ended as materialized (
  select b.id from blockers b where b.id is not null
    and not exists (select 1 from operations o where o.id = b.id and o.ended_at is null)
), due as materialized (
  (select id from operations where parked and blocked_by is null and next_attempt_at <= statement_timestamp()
    order by next_attempt_at, seq limit ${AT_ONCE})
  union all
  select p.id from ended e join operations p on p.parked and p.blocked_by = e.id
)
update operations o set parked = false, blocked_by = null, updated_at = clock_timestamp()
where o.id in (
  select p.id from operations p where p.id in (select id from due)
    and p.parked and (p.blocked_by is null or p.blocked_by in (select id from ended))
  order by p.seq limit ${AT_ONCE} for update skip locked)
returning o.seq, ${claimedColumns('o')}`;

// Nobody has touched it for long, and nothing before it could be what it waits for: its command is gone.
const TAKE_LOST = `
update operations o set updated_at = clock_timestamp()
where o.id in (
  select p.id from operations p
  where p.ended_at is null and not p.parked and p.state <> 'IN_DOUBT'
    and p.updated_at < statement_timestamp() - $1 * interval '1 millisecond'
    and (not p.is_change or not exists (
      select 1 from operations b where b.appid = p.appid and b.is_change and b.ended_at is null and b.seq < p.seq))
  order by p.seq limit ${AT_ONCE} for update skip locked)
returning o.seq, ${claimedColumns('o')}`;

type ToCommand = (operation: ClaimedOperation) => OutboxEvent;

/**
 * Publishes again what was parked and is now due, or whose blocker has ended, in one transaction.
 * @param toCommand makes the command of an operation.
 * @returns how many were published.
 */
export function requeue(pool: Pool, writer: Writer, toCommand: ToCommand): Promise<number> {
  return publishTaken(pool, writer, toCommand, { name: 'requeue', text: TAKE });
}

/**
 * Publishes again what nobody has touched for `untouchedMs` though it could run, as after the loss of a Kafka
 * volume: what was accepted is in Postgres. A command that is not lost after all comes twice and does nothing.
 */
export function requeueLost(
  pool: Pool,
  writer: Writer,
  toCommand: ToCommand,
  untouchedMs: number,
): Promise<number> {
  return publishTaken(pool, writer, toCommand, {
    name: 'requeue-lost',
    text: TAKE_LOST,
    values: [untouchedMs],
  });
}

function publishTaken(pool: Pool, writer: Writer, toCommand: ToCommand, take: QueryConfig): Promise<number> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<ClaimedOperation & { seq: string }>(take);
    rows.sort((a, b) => (BigInt(a.seq) < BigInt(b.seq) ? -1 : 1));
    await writeOutbox(client, writer, rows.map(toCommand));
    return rows.length;
  });
}
