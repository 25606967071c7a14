import type { Pool } from 'pg';
import { applyAuditEffect, type ObservedAudit } from './audit-effects.js';
import type { Publisher } from './audits.js';
import { transaction } from './transaction.js';

/** What was seen at WeChat before a claimed operation is sent. */
export interface Note {
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
with seen as (
  select * from unnest($1::uuid[], $2::int[], $3::text[], $4::int[]) as s(seen_id, seen_fence, seen_noted, lease_ms)
), locked as (
  select o.id from operations o where o.id = any($1) order by o.id for update
)
update operations o set noted = coalesce(s.seen_noted::json, o.noted),
  lease_until = clock_timestamp() + s.lease_ms * interval '1 millisecond'
from seen s join locked l on l.id = s.seen_id
where o.id = any($1) and o.id = s.seen_id and o.fence = s.seen_fence
  and o.state = 'RUNNING' and o.lease_until > clock_timestamp()
returning o.id, o.fence`;

/** Keeps many and renews their claims; false where a claim is lost. */
export async function snapshot(pool: Pool, seen: Note[]): Promise<boolean[]> {
  const { rows } = await pool.query<Pick<Note, 'id' | 'fence'>>({
    name: 'note',
    text: SQL,
    values: [
      seen.map(({ id }) => id),
      seen.map(({ fence }) => fence),
      seen.map(({ noted }) => noted && JSON.stringify(noted)),
      seen.map(({ leaseMs }) => leaseMs),
    ],
  });
  const held = new Set(rows.map(claimOf));
  return seen.map((one) => held.has(claimOf(one)));
}

const claimOf = ({ id, fence }: Pick<Note, 'id' | 'fence'>) => `${id} ${fence}`;

/**
 * An audit that is believed open and was seen to have ended ends before the next one is submitted: so there is never
 * more than one that a push could speak of.
 */
export async function endAudit(pool: Pool, publisher: Publisher, { id, appid, audit }: Note): Promise<void> {
  if (audit === null) return;
  const { rowCount } = await pool.query(
    `select from audits where appid = $1 and audit_id = $2 and state = 'OPEN'`,
    [appid, audit.auditId],
  );
  if (rowCount === 0) return;
  await transaction(pool, (client) => applyAuditEffect(client, publisher, { id, appid }, audit));
}
