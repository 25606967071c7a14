/** The columns `remainingMs` and `grantedMs` of an access token: how long it is still valid, and was when it was obtained. */
export const TOKEN_LIFE = `
  coalesce(extract(epoch from access_token_until - clock_timestamp())::float8 * 1000, 0) as "remainingMs",
  coalesce(extract(epoch from access_token_until - access_token_at)::float8 * 1000, 0) as "grantedMs"`;

/** A token with less remaining time is refreshed in the background. */
const EARLY_MS = 10 * 60_000;
/** A token with less remaining time is not used: the call may be sent some time later. */
const MIN_MS = 30_000;

/** The remaining validity of a token, and its validity when it was granted. */
export interface Life {
  remainingMs: number;
  grantedMs: number;
}

/** Whether a token may be used. The simulator's tokens may be valid for less than WeChat's 2 hours. */
export function mayBeUsed({ remainingMs, grantedMs }: Life): boolean {
  return remainingMs > Math.min(MIN_MS, grantedMs / 10);
}

/** Whether a token should be refreshed. */
export function isEndingSoon({ remainingMs, grantedMs }: Life): boolean {
  return remainingMs < Math.min(EARLY_MS, grantedMs / 4);
}

/**
 * Notified when a worker is to obtain tokens: an authorization code was stored, or the renewal of a token is wanted. One channel, because
 * each that a worker listens on occupies a connection.
 */
export const CODES_CHANNEL = 'wxa_codes';
