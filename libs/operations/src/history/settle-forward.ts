import { applyAuditEffects } from '@wxa/audits';
import { transaction } from '@wxa/postgres';
import { type Publisher, writeOutbox } from '@wxa/postgres/outbox';
import type { Pool } from 'pg';
import { releaseBlocked } from '../backlog/release-blocked.js';
import { ENDED_OR_IN_DOUBT, type SettlementWithAudits, wokenBy } from '../settle.js';

const SQL = `
with settled as (
  update operations set state = $4, attempts = attempts + $5, fence = $2, claim_key = $3, ended_at = $6,
  next_attempt_at = clock_timestamp() + $7::float8 * interval '1 millisecond', parked = $8, backlog = null,
  waits_for_api = null, started_at = coalesce(started_at, $9), error = $10::json, result = $11::json,
  may_have_acted = may_have_acted or $12, asks = 0, said_not_done = $13,
  ask_at = clock_timestamp() + $14::float8 * interval '1 millisecond',
  lease_until = null, blocked_by = null, updated_at = clock_timestamp()
  where id = $1 and fence < $2 and state in ('QUEUED', 'RETRYING')
  returning rollout_id, appid, ended_at, state
), ${wokenBy('settled', ENDED_OR_IN_DOUBT)}
select from settled`;

/**
 * Settles an operation whose claim Postgres has forgotten, with its event and its effect on audits: the worker still knows
 * WeChat's answer. Returns false if the operation is missing, or is claimed or settled otherwise.
 * @param startedAt when it was first claimed.
 */
export function settleForward(
  pool: Pool,
  publisher: Publisher,
  row: SettlementWithAudits,
  startedAt: Date | null,
): Promise<boolean> {
  const { id, fence, claimKey, state, attempts, endedAt, retryInMs, delayed, error, result } = row;
  const { mayHaveActed, negativeReads, reconcileInMs, event, auditEffect } = row;
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query(SQL, [
      ...[id, fence, claimKey, state, attempts, endedAt, retryInMs, delayed, startedAt],
      ...[error, result, mayHaveActed, negativeReads, reconcileInMs],
    ]);
    if (rowCount === 0) return false;
    if (endedAt !== null) {
      await client.query('delete from operation_attachments where operation_id = $1', [id]);
      await releaseBlocked(client, [id]);
    }
    if (event !== null) await writeOutbox(client, publisher.writer, [event]);
    if (auditEffect !== null)
      await applyAuditEffects(client, publisher, [{ id, appid: row.appid, auditEffect }]);
    return true;
  });
}
