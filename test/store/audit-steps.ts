import type { AuditEffect } from '@wxa/audits';
import type { AuditDecision } from '@wxa/contracts';
import type { ClaimedOperation, SettlementWithAudits } from '@wxa/operations';
import type { Store } from '@wxa/store';
import { accept, claimed, claim as claimOf, settle } from './operation-steps.js';
import { column, sql } from './use-store.js';

export const HOUR_MS = 3_600_000;

export type End = 'APPROVED' | 'REJECTED' | 'WITHDRAWN';

export function auditDecision(
  state: AuditDecision['state'],
  source: AuditDecision['source'],
  at: number,
): AuditDecision {
  return { state, source, decidedAt: new Date(at), reason: '', screenshots: [], originalId: '' };
}

export const opened = (auditId: string, at = Date.now()): AuditEffect => ({
  ...{ kind: 'opened', auditId, submittedAt: new Date(at) },
});

/** Records an audit callback through one of two stores. */
export function push(store: Store, appid: string, state: End | 'DELAYED', at: number) {
  const decision = auditDecision(state, 'CALLBACK', Math.floor(at / 1000) * 1000);
  return store.audits.recordPush({ key: `${appid} ${state} ${at}`, appid, signature: null, decision });
}

export type Ended = Pick<SettlementWithAudits, 'auditEffect'> & Partial<SettlementWithAudits>;

/** Steps of audits. */
export const audits = {
  async begin(appid: string, method: string, startedAt = Date.now()) {
    const isChange = !method.startsWith('Get');
    return audits.claim(await accept({ appid, method, isChange }), startedAt);
  },

  async claim(id: string, startedAt = Date.now()): Promise<ClaimedOperation> {
    const operation = claimed(await claimOf(id));
    await sql('update operations set started_at = $2 where id = $1', id, new Date(startedAt));
    return operation;
  },

  /** Ends an operation, by default with success. */
  settle(operation: ClaimedOperation, given: Partial<SettlementWithAudits> = {}) {
    return settle(operation, given.state ?? 'SUCCEEDED', { event: null, ...given });
  },

  /** Settles a GetAuditStatus that returned a decision. */
  async poll(appid: string, auditId: string, decision: AuditDecision): Promise<void> {
    const query = await audits.begin(appid, 'GetAuditStatus');
    await audits.settle(query, { auditEffect: { kind: 'observed', auditId, readAt: new Date(), decision } });
  },

  async undo(appid: string, at: number, auditId?: string): Promise<void> {
    const decision = auditDecision('WITHDRAWN', 'OPERATION', at);
    const operation = await audits.begin(appid, 'UndoAudit', at);
    await audits.settle(operation, { auditEffect: { kind: 'withdrawn', decision, auditId } });
  },

  async submitted(appid: string, auditId: string, at: number): Promise<string> {
    const operation = await audits.begin(appid, 'SubmitAudit', at);
    await audits.settle(operation, { auditEffect: opened(auditId, at) });
    return operation.id;
  },

  /** The ids of the audit events of a mini-program, with their states. */
  published(appid: string): Promise<[id: string, state: string][]> {
    return column(
      `select array[event_id, value::json -> 'decision' ->> 'state'] from outbox
       where appid = $1 and type = 'wxa.code.v1.AuditCompleted' order by event_id`,
      appid,
    );
  },
};
