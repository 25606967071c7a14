import { createHash } from 'node:crypto';
import type { StoredAuditPush } from '@wxa/audits';
import type { AuthorizationPush, Directory, TokenStore } from '@wxa/authorizers';
import type { AuditDecision } from '@wxa/contracts';
import type { AuditPush, ComponentPush } from '@wxa/wxa-client';

const HOUR_MS = 3_600_000;

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

/**
 * Stores a ticket or an authorization; it is durable when the promise resolves. Returns the result for the metric.
 * @param tokens null if the platform's own token service renews tokens: it needs the tickets, not this service.
 * @param also runs in the transaction of an authorization.
 */
export async function keepComponentPush(
  directory: Pick<Directory, 'recordAuthorization'>,
  tokens: Pick<TokenStore, 'keepTicket'> | null,
  push: ComponentPush,
  also?: Parameters<Directory['recordAuthorization']>[1],
): Promise<'stored' | 'duplicate' | 'ignored'> {
  if (push.event !== 'component_verify_ticket')
    return (await directory.recordAuthorization(authorizationOf(push), also)) ? 'stored' : 'duplicate';
  if (tokens === null) return 'ignored';
  const { componentAppid: appid, ticket, createdAt } = push;
  return (await tokens.keepTicket({ appid, ticket, sentAt: sentAt(createdAt) })) ? 'stored' : 'duplicate';
}

/** WeChat sends a ticket every ten minutes. An implausible time (over an hour old, or in the future) counts as now. */
function sentAt(createdAt: Date, now = Date.now()): Date {
  const ageMs = now - createdAt.getTime();
  return ageMs > 0 && ageMs < HOUR_MS ? createdAt : new Date(Math.floor(now / 1000) * 1000);
}

/** WeChat's callbacks have no id: two callbacks with the same content are the same. */
function authorizationOf(push: Exclude<ComponentPush, { ticket: string }>): AuthorizationPush {
  const { event, appid, createdAt: sentAt } = push;
  const code = push.event === 'unauthorized' ? null : push.authorizationCode;
  const identity = JSON.stringify([appid, event, sentAt.getTime(), code]);
  const preAuthCode = push.event === 'unauthorized' ? '' : push.preAuthCode;
  return { appid, code, preAuthCode, sentAt, key: createHash('sha256').update(identity).digest('hex') };
}
