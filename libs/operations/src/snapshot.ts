import { applyAuditEffects, type ObservedAudit } from '@wxa/audits';
import { transaction } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import type { Pool } from 'pg';
import type { ClaimOf } from './claim.js';
import { rejectLostTime } from './history/history.js';

/** WeChat's state before the call of a claimed operation. A lost claim stores nothing. */
export interface TakenSnapshot extends ClaimOf {
  appid: string;
  /** null: the stored snapshot stays. */
  values: Record<string, string> | null;
  /** The latest audit, if the snapshot shows that it has ended or is delayed. */
  audit: ObservedAudit | null;
  /** Duration of the renewed lease. */
  leaseMs: number;
}

// The rows are locked in one order, as in a claim.
const SQL = `
with taken as (
  select * from unnest($1::uuid[], $2::int[], $5::uuid[], $3::text[], $4::int[])
    as s(taken_id, taken_fence, taken_key, taken_noted, lease_ms)
), locked as (
  select o.id from operations o where o.id = any($1) order by o.id for update
)
update operations o set noted = coalesce(s.taken_noted::json, o.noted),
  lease_until = clock_timestamp() + s.lease_ms * interval '1 millisecond'
from taken s join locked l on l.id = s.taken_id
where o.id = any($1) and o.id = s.taken_id and o.fence = s.taken_fence and o.claim_key = s.taken_key
  and o.state = 'RUNNING' and o.lease_until > clock_timestamp()
returning o.id, o.fence, o.claim_key as "claimKey"`;

/** Stores snapshots and renews their claims. Returns false for each claim that is lost. */
export async function snapshot(pool: Pool, snapshots: TakenSnapshot[]): Promise<boolean[]> {
  const { rows } = await pool.query<ClaimOf>({
    name: 'snapshot',
    text: SQL,
    values: [
      snapshots.map(({ id }) => id),
      snapshots.map(({ fence }) => fence),
      snapshots.map(({ values }) => values && JSON.stringify(values)),
      snapshots.map(({ leaseMs }) => leaseMs),
      snapshots.map(({ claimKey }) => claimKey),
    ],
  });
  const renewed = new Set(rows.map(textOf));
  return snapshots.map((one) => renewed.has(textOf(one)));
}

const textOf = ({ id, fence, claimKey }: ClaimOf) => `${id} ${fence} ${claimKey}`;

/**
 * An audit that is stored as open and has ended at WeChat is ended before the next one is submitted, so that a callback can
 * belong to at most one open audit. Rejects with UnverifiedServerError if Postgres may have lost time.
 */
export async function endAudit(
  pool: Pool,
  publisher: Publisher,
  { id, appid, audit }: TakenSnapshot,
): Promise<void> {
  if (audit === null) return;
  const { rowCount } = await pool.query(
    `select from audits where appid = $1 and audit_id = $2 and state = 'OPEN'`,
    [appid, audit.auditId],
  );
  if (rowCount === 0) return;
  await transaction(pool, async (client) => {
    await rejectLostTime(publisher, client);
    await applyAuditEffects(client, publisher, [{ id, appid, auditEffect: audit }]);
  });
}
