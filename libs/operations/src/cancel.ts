import type { CloudEvent } from '@wxa/contracts';
import { transaction } from '@wxa/postgres';
import { type Publisher, writeOutbox } from '@wxa/postgres/outbox';
import { type Actor, NOBODY, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import { releaseBlocked } from './backlog/release-blocked.js';
import { isUnexecuted } from './claim.js';
import { rejectLostTime } from './history/history.js';
import { wokenBy } from './settle.js';
import { operationColumns, type StoredOperation } from './stored-operation.js';

/** `too-late`: it was sent to WeChat, may have been before a restore, or may be at any moment. */
export type Cancelled =
  | { kind: 'cancelled' | 'already-cancelled' | 'too-late'; operation: StoredOperation }
  | { kind: 'unknown' };

/** Whether no worker runs an operation and it was never sent to WeChat, in SQL. After a restore, a change may have been sent before. */
export const isUnsent = (alias: string) => `${alias}.attempts = 0 and ${alias}.state in ('QUEUED', 'RETRYING')
  and ${isUnexecuted(alias)}`;

/**
 * Cancels an operation that was never sent to WeChat, publishes that and records who did it. Rejects with
 * UnverifiedServerError if Postgres may have lost time.
 */
export function cancel(
  pool: Pool,
  publisher: Publisher,
  id: string,
  toEvent: (operation: StoredOperation) => CloudEvent,
  by: Actor = NOBODY,
  reason = '',
): Promise<Cancelled> {
  return recordedTransaction(pool, { ...publisher, by }, async (client, record) => {
    await rejectLostTime(publisher, client);
    const { rows } = await client.query<StoredOperation & { isUnsent: boolean }>(
      `select ${operationColumns('o')}, ${isUnsent('o')} as "isUnsent" from operations o where id = $1 for update`,
      [id],
    );
    const [found] = rows;
    if (found === undefined) return { kind: 'unknown' };
    if (found.state === 'CANCELLED') return { kind: 'already-cancelled', operation: found };
    if (!found.isUnsent) return { kind: 'too-late', operation: found };
    const [operation = found] = await end(client, [id]);
    await writeOutbox(client, publisher.writer, [toEvent(operation)]);
    const { appid, method } = operation;
    const detail = { method, ...(reason !== '' && { reason }) };
    await record({ action: 'operation.cancelled', appid, operationId: id, detail });
    return { kind: 'cancelled', operation };
  });
}

/** As `cancelUnsent`, of queries only and in a transaction of its own. */
export function cancelUnsentQueries(
  pool: Pool,
  publisher: Publisher,
  ids: string[],
  toEvent: (operation: StoredOperation) => CloudEvent,
): Promise<StoredOperation[]> {
  return transaction(pool, (client) => cancelUnsent(client, publisher, { ids, queriesOnly: true }, toEvent));
}

/**
 * Cancels those of these operations that were never sent to WeChat and are not locked, and publishes that. Returns them. Rejects as
 * `cancel` does.
 */
export async function cancelUnsent(
  client: ClientBase,
  publisher: Publisher,
  { ids, queriesOnly }: { ids: string[]; queriesOnly: boolean },
  toEvent: (operation: StoredOperation) => CloudEvent,
): Promise<StoredOperation[]> {
  await rejectLostTime(publisher, client);
  const { rows } = await client.query<{ id: string }>({
    name: 'lock-unsent',
    text: UNSENT,
    values: [ids, queriesOnly],
  });
  const cancelled = await end(
    client,
    rows.map(({ id }) => id),
  );
  await writeOutbox(client, publisher.writer, cancelled.map(toEvent));
  return cancelled;
}

// A locked operation is probably being claimed and will be sent at once. Waiting for the lock could deadlock two batches.
const UNSENT = `select o.id from operations o where o.id = any($1::uuid[]) and not ($2 and o.is_change) and ${isUnsent('o')}
  for update skip locked`;

async function end(client: ClientBase, ids: string[]): Promise<StoredOperation[]> {
  const { rows } = await client.query<StoredOperation>(
    `with cancelled as (
       update operations set state = 'CANCELLED', ended_at = clock_timestamp(), next_attempt_at = null,
         parked = false, backlog = null, blocked_by = null, updated_at = clock_timestamp()
       where id = any($1::uuid[]) returning *
     ), ${wokenBy('cancelled')}
     select ${operationColumns('o')} from cancelled o`,
    [ids],
  );
  await releaseBlocked(client, ids);
  return rows;
}
