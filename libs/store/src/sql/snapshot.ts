import type { Pool } from 'pg';
import { applyAuditEffect, type ObservedAudit } from './audit-effects.js';
import type { Publisher } from './audits.js';
import { transaction } from './transaction.js';

/** What was seen at WeChat before a claimed operation is sent. */
export interface Snapshot {
  id: string;
  appid: string;
  /** The claim's fencing token: a lost claim notes nothing. */
  fence: number;
  /** null: what was noted before stays. */
  noted: Record<string, string> | null;
  /** The latest audit, where it was seen to have ended or to be delayed. */
  audit: ObservedAudit | null;
  /** The claim holds so long from now. */
  leaseMs: number;
}

// The rows are locked in one order, as in a claim.
const SQL = `
with taken as (
  select * from unnest($1::uuid[], $2::int[], $3::text[], $4::int[]) as s(taken_id, taken_fence, taken_noted, lease_ms)
), locked as (
  select o.id from operations o where o.id = any($1) order by o.id for update
)
update operations o set noted = coalesce(s.taken_noted::json, o.noted),
  lease_until = clock_timestamp() + s.lease_ms * interval '1 millisecond'
from taken s join locked l on l.id = s.taken_id
where o.id = any($1) and o.id = s.taken_id and o.fence = s.taken_fence
  and o.state = 'RUNNING' and o.lease_until > clock_timestamp()
returning o.id, o.fence`;

/** Keeps many and renews their claims; false where a claim is lost. */
export async function snapshot(pool: Pool, snapshots: Snapshot[]): Promise<boolean[]> {
  const { rows } = await pool.query<Pick<Snapshot, 'id' | 'fence'>>({
    name: 'snapshot',
    text: SQL,
    values: [
      snapshots.map(({ id }) => id),
      snapshots.map(({ fence }) => fence),
      snapshots.map(({ noted }) => noted && JSON.stringify(noted)),
      snapshots.map(({ leaseMs }) => leaseMs),
    ],
  });
  const renewed = new Set(rows.map(claimOf));
  return snapshots.map((one) => renewed.has(claimOf(one)));
}

const claimOf = ({ id, fence }: Pick<Snapshot, 'id' | 'fence'>) => `${id} ${fence}`;

/**
 * An audit that is believed open and was seen to have ended ends before the next one is submitted: so there is never
 * more than one that a push could speak of.
 */
export async function endAudit(
  pool: Pool,
  publisher: Publisher,
  { id, appid, audit }: Snapshot,
): Promise<void> {
  if (audit === null) return;
  const { rowCount } = await pool.query(
    `select from audits where appid = $1 and audit_id = $2 and state = 'OPEN'`,
    [appid, audit.auditId],
  );
  if (rowCount === 0) return;
  await transaction(pool, (client) => applyAuditEffect(client, publisher, { id, appid }, audit));
}
