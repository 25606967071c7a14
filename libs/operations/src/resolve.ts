import { type AuditEffect, applyAuditEffects } from '@wxa/audits';
import type { CloudEvent } from '@wxa/contracts';
import { type Publisher, writeOutbox } from '@wxa/postgres/outbox';
import { type Actor, NOBODY, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import { releaseBlocked } from './backlog/release-blocked.js';
import type { ClaimedOperation } from './claim.js';
import { rejectLostTime } from './history/history.js';
import { wokenBy } from './settle.js';
import { claimedColumns, type StoredOperation } from './stored-operation.js';

/** The result of a manual resolution of an operation in doubt. */
export interface Resolved {
  state: 'SUCCEEDED' | 'FAILED' | 'RETRYING';
  /** Proto3 JSON texts. */
  error: string | null;
  result: string | null;
  auditEffect: AuditEffect | null;
}

/** The operator who resolved it, and the justification. */
export interface ResolvedBy {
  resolvedBy: string;
  reason: string;
}

/** `resolvedBy`: the operator who resolved it before; null if it was not resolved manually. */
export type Resolve =
  | { kind: 'resolved' | 'already-resolved'; operation: StoredOperation }
  | { kind: 'not-in-doubt'; operation: StoredOperation; resolvedBy: string | null }
  | { kind: 'unknown' };

const UPDATE = `
with resolved as (
  update operations o set state = $2, error = $3::json, result = $4::json, resolved_by = $5, resolve_reason = $6,
  ended_at = case when $2 = 'RETRYING' then null else clock_timestamp() end,
  next_attempt_at = case when $2 = 'RETRYING' then clock_timestamp() end,
  -- It runs again from the beginning, so its deadline starts now.
  started_at = case when $2 = 'RETRYING' then clock_timestamp() else started_at end,
  throttled_ms = case when $2 = 'RETRYING' then 0 else throttled_ms end,
  noted = case when $2 = 'RETRYING' then null else noted end, may_have_acted = false, ask_at = null,
  parked = $2 = 'RETRYING', backlog = null, blocked_by = null, updated_at = clock_timestamp()
  where id = $1 returning o.*
), ${wokenBy('resolved')}
select ${claimedColumns('o')} from resolved o`;

// Of the resolution that stands: an operation may be resolved, run again and be resolved once more.
const LAST = `
select detail ->> 'state' as state, detail ->> 'resolvedBy' as "resolvedBy", detail ->> 'reason' as reason
from trail where operation_id = $1 and action = 'operation.resolved' order by at desc limit 1`;

/**
 * Resolves an operation in doubt manually, with the event of its outcome, and records who did it. An operation that is to run
 * again is due at once. A repetition of the last resolution changes nothing. Rejects with UnverifiedServerError if Postgres may have lost time.
 * @param decide the result of the resolution.
 */
export function resolve(
  pool: Pool,
  publisher: Publisher,
  request: { id: string } & ResolvedBy,
  decide: (operation: ClaimedOperation) => Resolved,
  toEvent: (operation: ClaimedOperation) => CloudEvent,
  by: Actor = NOBODY,
): Promise<Resolve> {
  return recordedTransaction(pool, { ...publisher, by }, async (client, record) => {
    await rejectLostTime(publisher, client);
    const { rows } = await client.query<ClaimedOperation & { resolvedBy: string | null }>(
      `select o.resolved_by as "resolvedBy", ${claimedColumns('o')} from operations o where id = $1 for update`,
      [request.id],
    );
    const [found] = rows;
    if (found === undefined) return { kind: 'unknown' };
    if (found.state !== 'IN_DOUBT') {
      if (await stands(client, request, found, decide)) return { kind: 'already-resolved', operation: found };
      return { kind: 'not-in-doubt', operation: found, resolvedBy: found.resolvedBy };
    }
    const { state, error, result, auditEffect } = decide(found);
    const updated = await client.query<ClaimedOperation>(UPDATE, [
      request.id,
      state,
      error,
      result,
      request.resolvedBy,
      request.reason,
    ]);
    const operation = updated.rows[0] as ClaimedOperation;
    if (state !== 'RETRYING') {
      await releaseBlocked(client, [request.id]);
      await writeOutbox(client, publisher.writer, [toEvent(operation)]);
    }
    if (auditEffect !== null) await applyAuditEffects(client, publisher, [{ ...operation, auditEffect }]);
    const { id, resolvedBy, reason } = request;
    const detail = { method: operation.method, state, resolvedBy, reason };
    await record({ action: 'operation.resolved', appid: operation.appid, operationId: id, detail });
    return { kind: 'resolved', operation };
  });
}

/** Whether the last resolution had this author, this reason and this result. */
async function stands(
  client: ClientBase,
  { id, resolvedBy, reason }: { id: string } & ResolvedBy,
  operation: ClaimedOperation,
  decide: (operation: ClaimedOperation) => Resolved,
): Promise<boolean> {
  const [last] = (await client.query<ResolvedBy & { state: string }>(LAST, [id])).rows;
  if (last?.resolvedBy !== resolvedBy || last.reason !== reason) return false;
  const { state, result } = decide(operation);
  return last.state === state && (result === null || result === JSON.stringify(operation.result));
}
