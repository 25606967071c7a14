import type { Pool } from 'pg';
import { type AuditEffect, applyAuditEffect } from '../audits/audit-effects.js';
import { transaction } from '../leases/transaction.js';
import type { Publisher } from '../outbox/author.js';
import { type Settled, type Settlement, settle } from './settle.js';

/** A settlement with its effect on audits. */
export interface SettlementWithAudits extends Settlement {
  appid: string;
  auditEffect: AuditEffect | null;
}

/** Settles operations, in one transaction with their effects on audits. */
export function settleWithAudits(
  { pool, batches }: { pool: Pool; batches: Pool },
  publisher: Publisher,
  settlements: SettlementWithAudits[],
): Promise<Settled[]> {
  if (settlements.every((s) => s.auditEffect === null)) return settle(batches, publisher, settlements);
  return transaction(pool, async (client) => {
    const settled = await settle(client, publisher, settlements);
    // In the order of appids, so that two transactions never deadlock.
    const effects = settlements
      .filter((s, i) => settled[i]?.kind === 'settled' && s.auditEffect !== null)
      .sort((a, b) => (a.appid < b.appid ? -1 : 1));
    for (const s of effects) {
      if (s.auditEffect !== null) await applyAuditEffect(client, publisher, s, s.auditEffect);
    }
    return settled;
  });
}
