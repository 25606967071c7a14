import { applyAuditEffects } from '@wxa/audits';
import { transaction, unlessAborted } from '@wxa/postgres';
import { type Publisher, writeOutbox } from '@wxa/postgres/outbox';
import type { Pool } from 'pg';
import { releaseBlocked } from './backlog/release-blocked.js';
import type { ClaimedOperation, ClaimOf } from './claim.js';
import { rejectLostTime } from './history/history.js';
import { type SettlementWithAudits, wokenBy } from './settle.js';
import { claimedColumns } from './stored-operation.js';

/** An operation in doubt that the caller reconciles. */
export interface Doubt extends ClaimedOperation {
  /** How often it was taken for reconciliation, including this time; fences the result. */
  checks: number;
  /** Of these, how many are not known to have sent no read to WeChat. */
  reads: number;
  /** Until then the call may still be executed, so a negative read is not conclusive. Null: it cannot be executed any more. */
  mayActUntil: Date | null;
}

/** An inconclusive reconciliation. */
export interface RecheckLater extends ClaimOf {
  checks: number;
  negativeReads: number;
  /** The time that did not count against its deadline, in all. */
  throttledMs: number;
  /** Next reconciliation: a time of Postgres, or milliseconds from now; null: none, an operator has to resolve it. */
  recheckAt: Date | { inMs: number } | null;
  /** Does not count as a read: none was sent, or a stop holds the retry that decides. */
  isUnsent?: boolean;
}

/** WeChat nearly always executes a call at once or not at all, so an early read finds most lost responses. */
const EARLY = `interval '1 second'`;

const IS_DUE = `d.state = 'IN_DOUBT' and d.ask_at is not null and (d.ask_at <= statement_timestamp()
    or (d.asks = 0 and d.updated_at <= statement_timestamp() - ${EARLY}))`;

// In the order of its index, and with a parameter, without which the plan would stay that of an empty table: Postgres would scan
// all operations.
const FIND = `select from operations d where ${IS_DUE} order by d.ask_at limit $1`;

const TAKE = `
with taken as materialized (
  select d.id, case when d.ask_at > statement_timestamp() then d.ask_at end as may_act_until from operations d
  where ${IS_DUE}
  order by d.ask_at limit $1 for update skip locked
)
update operations o set asks = o.asks + 1,
  unsent_reconciliations = case when o.asks = 0 then 0 else o.unsent_reconciliations end,
  ask_at = clock_timestamp() + $2 * interval '1 millisecond',
  throttled_ms = o.throttled_ms + least($3::float8, greatest(0,
    extract(epoch from clock_timestamp() - greatest(o.ask_at, o.updated_at))::float8 * 1000)) + $2::float8
from taken where o.id = taken.id
returning o.asks as checks, o.asks - o.unsent_reconciliations as reads, may_act_until as "mayActUntil", ${claimedColumns('o', { throttledMs: 'o.throttled_ms - $2::float8' })}`;

/**
 * Takes operations that are due for reconciliation, and, once before that, those in doubt for a second. If the reconciling
 * process is lost, another one takes them after `leaseMs`, which then does not count against the deadline. Nor does the time
 * for which a due one waited to be taken, but for what is longer than `readyForMs`: since then the caller takes all that it
 * can. Rejects with UnverifiedServerError if one is due and Postgres may have lost time.
 */
export function takeDoubts(
  pool: Pool,
  publisher: Publisher,
  limit: number,
  leaseMs: number,
  readyForMs = Number.POSITIVE_INFINITY,
): Promise<Doubt[]> {
  return unlessAborted(pool, undefined, async (client) => {
    const { rowCount } = await client.query({ name: 'find-due-doubts', text: FIND, values: [1] });
    if (rowCount === 0) return [];
    await rejectLostTime(publisher, client);
    const statement = { name: 'take-doubts', text: TAKE, values: [limit, leaseMs, readyForMs] };
    return (await client.query<Doubt>(statement)).rows;
  });
}

const FENCE = `id = $1 and fence = $2 and claim_key is not distinct from $3 and asks = $4 and state = 'IN_DOUBT'`;

/** Writes that a reconciliation was inconclusive; watchers are shown that an operator has to resolve it. Returns false if the operation was settled in the meantime. */
export async function recheckDoubtLater(pool: Pool, recheck: RecheckLater): Promise<boolean> {
  const { id, fence, claimKey, checks, negativeReads, throttledMs, recheckAt, isUnsent = false } = recheck;
  const { rowCount } = await pool.query({
    name: 'recheck-doubt',
    text: `update operations set said_not_done = $5, throttled_ms = $8,
      unsent_reconciliations = unsent_reconciliations + $9::int,
      ask_at = coalesce($6::timestamptz, clock_timestamp() + $7::float8 * interval '1 millisecond'),
      updated_at = case when $6::timestamptz is null and $7::float8 is null then clock_timestamp() else updated_at end
      where ${FENCE}`,
    values: [
      ...[id, fence, claimKey, checks],
      negativeReads,
      ...(recheckAt instanceof Date ? [recheckAt, null] : [null, recheckAt?.inMs]),
      throttledMs,
      isUnsent ? 1 : 0,
    ],
  });
  return rowCount === 1;
}

const SETTLE = `
with settled as (
  update operations set state = $5, ended_at = $6, parked = $8, backlog = null, error = $9::json,
  next_attempt_at = clock_timestamp() + $7::float8 * interval '1 millisecond',
  result = $10::json, started_at = case when $11 then null else started_at end,
  throttled_ms = case when $11 then 0 else $13::float8 end, ask_at = null, said_not_done = $12,
  blocked_by = null, updated_at = clock_timestamp()
  where ${FENCE} returning rollout_id, appid
), ${wokenBy('settled')}
select from settled`;

/**
 * Settles an operation in doubt with its event and its effect on audits. Returns false if it was settled in the meantime.
 * Rejects with UnverifiedServerError if Postgres may have lost time.
 */
export function settleDoubt(
  pool: Pool,
  publisher: Publisher,
  row: SettlementWithAudits,
  { checks, throttledMs }: Pick<Doubt, 'checks' | 'throttledMs'>,
): Promise<boolean> {
  const {
    id,
    fence,
    claimKey,
    state,
    endedAt,
    retryInMs,
    delayed,
    restartsDeadline = false,
    error,
    result,
  } = row;
  return transaction(pool, async (client) => {
    await rejectLostTime(publisher, client);
    const retried = [retryInMs, delayed, error, result, restartsDeadline, row.negativeReads, throttledMs];
    const values = [id, fence, claimKey, checks, state, endedAt, ...retried];
    const { rowCount } = await client.query({ name: 'settle-doubt', text: SETTLE, values });
    if (rowCount === 0) return false;
    if (endedAt !== null) await releaseBlocked(client, [id]);
    if (row.event !== null) await writeOutbox(client, publisher.writer, [row.event]);
    const { appid, auditEffect } = row;
    if (auditEffect !== null) await applyAuditEffects(client, publisher, [{ id, appid, auditEffect }]);
    return true;
  });
}
