import { createHash } from 'node:crypto';
import type { AuthorizationPush, TokenStore } from '@wxa/store';
import type { ComponentPush } from '@wxa/wxa-client';

const HOUR_MS = 3_600_000;

/** Keeps a ticket or what a mini-program authorized; durable when it resolves. Gives what became of the push. */
export async function keepComponentPush(
  tokens: Pick<TokenStore, 'keepTicket' | 'recordAuthorization'>,
  push: ComponentPush,
): Promise<'stored' | 'duplicate'> {
  const isNews =
    push.event === 'component_verify_ticket'
      ? await tokens.keepTicket({
          appid: push.componentAppid,
          ticket: push.ticket,
          sentAt: sentAt(push.createdAt),
        })
      : await tokens.recordAuthorization(authorizationOf(push));
  return isNews ? 'stored' : 'duplicate';
}

/** WeChat pushes a ticket every ten minutes: one with a time long past, or to come, is the one of now. */
function sentAt(createdAt: Date, now = Date.now()): Date {
  const ageMs = now - createdAt.getTime();
  return ageMs > 0 && ageMs < HOUR_MS ? createdAt : new Date(Math.floor(now / 1000) * 1000);
}

/** WeChat gives no id: all that it says makes two pushes the same. */
function authorizationOf(push: Exclude<ComponentPush, { ticket: string }>): AuthorizationPush {
  const { event, appid, createdAt: sentAt } = push;
  const code = push.event === 'unauthorized' ? null : push.authorizationCode;
  const identity = JSON.stringify([appid, event, sentAt.getTime(), code]);
  return { appid, code, sentAt, key: createHash('sha256').update(identity).digest('hex') };
}
