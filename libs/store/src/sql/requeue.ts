import type { Pool } from 'pg';
import type { OutboxEvent, Writer } from '../outbox-event.js';
import { type ClaimedOperation } from './claim.js';
import { operationColumns } from './operation-columns.js';
import { transaction } from './transaction.js';
import { writeOutbox } from './write-outbox.js';

// In the order of acceptance, so that a mini-program's changes come back in order.
const TAKE = `
update operations o set parked = false, blocked_by = null, updated_at = clock_timestamp()
where o.id in (
  select p.id from operations p where p.parked and (
    (p.blocked_by is null and p.next_attempt_at <= clock_timestamp())
    or (p.blocked_by is not null and not exists (
      select 1 from operations b where b.id = p.blocked_by and b.ended_at is null)))
  order by p.seq limit 500 for update skip locked)
returning o.seq, o.request, ${operationColumns('o')}`;

/**
 * Publishes again what was parked and is now due, or whose blocker has ended, in one transaction.
 * @param toCommand makes the command of an operation.
 * @returns how many were published.
 */
export function requeue(
  pool: Pool,
  writer: Writer,
  toCommand: (operation: ClaimedOperation) => OutboxEvent,
): Promise<number> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<ClaimedOperation & { seq: string }>({ name: 'requeue', text: TAKE });
    rows.sort((a, b) => (BigInt(a.seq) < BigInt(b.seq) ? -1 : 1));
    await writeOutbox(client, writer, rows.map(toCommand));
    return rows.length;
  });
}
