import { createHash } from 'node:crypto';
import type { AuditDecision } from '@wxa/contracts';
import type { StoredAuditPush } from '@wxa/store';
import type { AuditPush } from '@wxa/wxa-client';

const STATES: Record<AuditPush['event'], AuditDecision['state']> = {
  weapp_audit_success: 'APPROVED',
  weapp_audit_fail: 'REJECTED',
  weapp_audit_delay: 'DELAYED',
};

/** Converts an audit callback to its stored form. WeChat's callbacks have no id: decision and time identify one. */
export function toStoredPush(appid: string, push: AuditPush): StoredAuditPush {
  const { event, decidedAt, reason, screenshots, originalId } = push;
  const identity = JSON.stringify([appid, event, decidedAt.getTime(), reason]);
  return {
    key: createHash('sha256').update(identity).digest('hex'),
    appid,
    decision: { state: STATES[event], source: 'CALLBACK', decidedAt, reason, screenshots, originalId },
  };
}
