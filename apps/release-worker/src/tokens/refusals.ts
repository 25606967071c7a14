import type { WxaError } from '@wxa/wxa-client';

const AUTHORIZATION_GONE: ReadonlySet<number> = new Set([42002, 42007, 61003, 61023]);

/** The mini-program withdrew its authorization, its admin changed the password, or its refresh token is over. */
export function isAuthorizationGone({ errcode }: Pick<WxaError, 'errcode'>): boolean {
  return AUTHORIZATION_GONE.has(errcode);
}
