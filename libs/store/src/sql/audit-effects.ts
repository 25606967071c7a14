import type { ClientBase } from 'pg';
import { decideAudit, lockAudits, openAudit, type Publisher, recentAudits, type Verdict } from './audits.js';
import { bindKeptPushes } from './record-push.js';

/** What a settled operation means for its mini-program's audits. */
export type AuditEffect =
  /** A SubmitAudit succeeded: its audit is open. */
  | { kind: 'opened'; auditId: string; submittedAt: Date }
  /** A SubmitAudit ended without an audit. */
  | { kind: 'not-opened' }
  /** An UndoAudit succeeded: the open audit is withdrawn. */
  | { kind: 'withdrawn'; verdict: Verdict }
  /** A status query brought home how an audit ended or that it is delayed. */
  | { kind: 'observed'; auditId: string; verdict: Verdict };

/** Applies an effect in the transaction that settles its operation. */
export async function applyAuditEffect(
  client: ClientBase,
  publisher: Publisher,
  operation: { id: string; appid: string },
  effect: AuditEffect,
): Promise<void> {
  const { id: operationId, appid } = operation;
  await lockAudits(client, appid);
  if (effect.kind === 'opened') await openAudit(client, { operationId, appid, ...effect });
  if (effect.kind === 'opened' || effect.kind === 'not-opened') {
    await bindKeptPushes(client, publisher, appid);
    return;
  }
  const open = (await recentAudits(client, appid)).filter((audit) => audit.state === 'OPEN');
  const audit = effect.kind === 'withdrawn' ? open[0] : open.find((a) => a.auditId === effect.auditId);
  if (audit !== undefined) await decideAudit(client, publisher, audit, effect.verdict, null);
}
