import type { AuditDecision } from '@wxa/contracts';
import type { ClientBase } from 'pg';
import type { Publisher } from '../outbox.js';
import type { AuditEntity } from './audit.entity.js';
import { decideAudits, lockAudits, openAudit, recentAudits } from './audits.js';
import { applyDeferredPushes } from './record-push.js';

/** The effect of a settled operation on the audits of its mini-program. */
export type AuditEffect =
  /** A SubmitAudit succeeded: its audit is open. */
  | { kind: 'opened'; auditId: string; submittedAt: Date }
  /** A SubmitAudit opened no audit. */
  | { kind: 'not-opened' }
  /** An UndoAudit succeeded: the open audit is withdrawn. `auditId`: the latest audit before the call, if known. */
  | { kind: 'withdrawn'; auditId: string | undefined; decision: AuditDecision }
  | ObservedAudit;

/** A response of WeChat shows that an audit has ended or is delayed. */
export interface ObservedAudit {
  kind: 'observed';
  auditId: string;
  decision: AuditDecision;
}

/** Applies an effect in the transaction that settles its operation. */
export async function applyAuditEffect(
  client: ClientBase,
  publisher: Publisher,
  operation: { id: string; appid: string },
  effect: AuditEffect,
): Promise<void> {
  const { id: operationId, appid } = operation;
  await lockAudits(client, [appid]);
  if (effect.kind === 'opened') await openAudit(client, { operationId, appid, ...effect });
  if (effect.kind === 'opened' || effect.kind === 'not-opened') {
    await applyDeferredPushes(client, publisher, appid);
    return;
  }
  const [audits = []] = await recentAudits(client, [appid]);
  const audit =
    effect.kind === 'withdrawn' ? withdrawn(audits, effect.auditId) : withId(audits, effect.auditId);
  if (audit?.state === 'OPEN')
    await decideAudits(client, publisher, [{ audit, decision: effect.decision, pushKey: null }]);
}

function withId(audits: AuditEntity[], auditId: string): AuditEntity | undefined {
  return audits.find((audit) => audit.auditId === auditId);
}

/** Only the newest audit can have been open. If that was made outside this service, none of ours was withdrawn. */
function withdrawn(audits: AuditEntity[], latest: string | undefined): AuditEntity | undefined {
  const isOurs = latest === undefined || withId(audits, latest) !== undefined;
  return isOurs ? audits[0] : undefined;
}
