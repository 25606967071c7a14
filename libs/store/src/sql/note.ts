import type { Pool } from 'pg';
import { applyAuditEffect, type ObservedAudit } from './audit-effects.js';
import type { Publisher } from './audits.js';
import { transaction } from './transaction.js';

/** What was seen at WeChat before a claimed operation is sent. */
export interface Note {
  id: string;
  appid: string;
  /** The claim's attempt: a lost claim notes nothing. */
  attempt: number;
  /** null: what was noted before stays. */
  noted: Record<string, string> | null;
  /** The latest audit, where it was seen to have ended or to be delayed. */
  audit: ObservedAudit | null;
  /** The claim holds so long from now. */
  leaseMs: number;
}

/** Keeps it and renews the claim; false where the claim is lost. */
export async function note(pool: Pool, publisher: Publisher, seen: Note): Promise<boolean> {
  const { id, attempt, noted, leaseMs } = seen;
  await endAudit(pool, publisher, seen);
  const { rowCount } = await pool.query({
    name: 'note',
    text: `update operations set noted = coalesce($3::json, noted), lease_until = clock_timestamp() + $4 * interval '1 millisecond'
      where id = $1 and attempt = $2 and state = 'RUNNING' and lease_until > clock_timestamp()`,
    values: [id, attempt, noted === null ? null : JSON.stringify(noted), leaseMs],
  });
  return rowCount === 1;
}

/**
 * An audit that is believed open and was seen to have ended ends before the next one is submitted: so there is never
 * more than one that a push could speak of.
 */
async function endAudit(pool: Pool, publisher: Publisher, { id, appid, audit }: Note): Promise<void> {
  if (audit === null) return;
  const { rowCount } = await pool.query(
    `select from audits where appid = $1 and audit_id = $2 and state = 'OPEN'`,
    [appid, audit.auditId],
  );
  if (rowCount === 0) return;
  await transaction(pool, (client) => applyAuditEffect(client, publisher, { id, appid }, audit));
}
