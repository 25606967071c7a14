import { AuditState, type AuditStatus } from '@wxa/contracts';
import type { AuditStatus as WxaAuditStatus, WxaResult } from '@wxa/wxa-client';
import { type CallContext, map, type Snapshot } from '../room.js';

/** WeChat currently returns the first; its page lists the others: no such audit, no code submitted. */
const NO_AUDIT_YET: ReadonlySet<number> = new Set([85058, 85012, 86001]);

/** The audit that was submitted last; undefined if there is none. */
export async function latestAudit({
  client,
  options,
}: CallContext): Promise<WxaResult<WxaAuditStatus | undefined>> {
  const latest = await client.getLatestAuditStatus({}, options);
  const isNone = latest.kind === 'error' && NO_AUDIT_YET.has(latest.error.errcode);
  return isNone ? { kind: 'ok', value: undefined } : latest;
}

/** The snapshot of the latest audit, before a change of audits. */
export async function auditSnapshot(context: CallContext): Promise<WxaResult<Snapshot>> {
  return map(await latestAudit(context), (audit) => ({ values: valuesOf(audit), audit }));
}

function valuesOf(audit: WxaAuditStatus | undefined): Record<string, string> {
  return audit === undefined ? { auditId: '' } : { auditId: String(audit.auditId), state: audit.state };
}

/** Converts WeChat's audit status to the message. */
export function auditStatus({ state, submittedAt, ...audit }: WxaAuditStatus): AuditStatus {
  return { ...audit, state: AuditState[`AUDIT_STATE_${state}`], submitTime: submittedAt };
}
