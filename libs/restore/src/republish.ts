import type { CloudEvent } from '@wxa/contracts';
import { lowestId, operationColumns, type StoredOperation } from '@wxa/operations';
import { type AppName, type Recording, recordedTransaction, writeOutbox } from '@wxa/postgres';
import type { ClientBase, Pool } from 'pg';

/** What to publish again: what ended from `since` on and before `until`, of all mini-programs or of one. */
export interface Republication {
  since: Date;
  until: Date;
  appid: string | null;
}

/** An operation that has ended or is in doubt; `isResolved`: by an operator. */
export type PublishedOperation = StoredOperation & { isResolved: boolean };

/** The published end of an audit; `value` is null if it was decided before values were stored. */
export interface DecidedAudit {
  operationId: string;
  appid: string;
  decidedAt: Date;
  source: 'CALLBACK' | 'POLL' | 'OPERATION';
  /** Of its SubmitAudit; null if that was deleted. */
  traceparent: string | null;
  value: string | null;
}

/** Rows per page; a result may have some MiB. */
const PAGE = 100;
/** The clocks of gateways, which ids follow, and of Postgres differ by less. */
const CLOCKS_MS = 60_000;

const OPERATIONS = `
select (o.resolved_by is not null) as "isResolved", ${operationColumns('o')} from operations o
where o.id > $1 and o.id < $2 and ($5::text is null or o.appid = $5)
  and (o.ended_at >= $3 and o.ended_at < $4 or o.state = 'IN_DOUBT' and o.updated_at >= $3 and o.updated_at < $4)
order by o.id limit ${PAGE}`;

/** The next page of operations whose outcome was published, by id. */
export async function publishedOperations(
  pool: Pool,
  { since, until, appid }: Republication,
  after: string,
): Promise<PublishedOperation[]> {
  const values = [after, lowestId(until.getTime() + CLOCKS_MS), since, until, appid];
  return (await pool.query<PublishedOperation>(OPERATIONS, values)).rows;
}

// WeChat's times are whole seconds.
const AUDITS = `
select a.operation_id as "operationId", a.appid, a.decided_at as "decidedAt", a.source, a.decided_event::text as value,
  (select o.traceparent from operations o where o.id = a.operation_id) as traceparent
from audits a
where a.operation_id > $1 and a.state <> 'OPEN' and a.decided_at >= date_trunc('second', $2::timestamptz) and a.decided_at < $3
  and ($4::text is null or a.appid = $4)
order by a.operation_id limit ${PAGE}`;

/** The next page of audits that have ended, by the id of their SubmitAudit. */
export async function decidedAudits(
  pool: Pool,
  { since, until, appid }: Republication,
  after: string,
): Promise<DecidedAudit[]> {
  return (await pool.query<DecidedAudit>(AUDITS, [after, since, until, appid])).rows;
}

/** Writes events to an outbox in one transaction. @param detail is recorded in the audit trail; undefined: recorded before. */
export function republish(
  pool: Pool,
  recording: Recording,
  writer: AppName,
  { events, detail }: { events: CloudEvent[]; detail?: Record<string, unknown> | undefined },
): Promise<void> {
  return recordedTransaction(pool, recording, async (client, record) => {
    await writeOutbox(client, writer, events);
    if (detail !== undefined) await record({ action: 'republish.run', detail });
  });
}

/** How many events of an app are pending, at most `limit`. */
export async function countPendingUpTo(pool: Pool, writer: AppName, limit: number): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    'select count(*)::int as n from (select from outbox where writer = $1 limit $2) pending',
    [writer, limit],
  );
  return rows[0]?.n ?? 0;
}

/** Retention has deleted operations that ended up to these times; null: none so far. */
export interface DeletedUntil {
  queries: Date | null;
  changes: Date | null;
}

/** Up to when operations have been deleted by retention. */
export async function readDeletedUntil(connection: Pool | ClientBase): Promise<DeletedUntil> {
  const { rows } = await connection.query<DeletedUntil>(
    'select queries_deleted_until as queries, changes_deleted_until as changes from history_state',
  );
  return rows[0] ?? { queries: null, changes: null };
}
