/** The columns `remainingMs` and `grantedMs` of an access token: how long it is still valid, and was when it was obtained. */
export const TOKEN_LIFE = `
  coalesce(extract(epoch from access_token_until - clock_timestamp())::float8 * 1000, 0) as "remainingMs",
  coalesce(extract(epoch from access_token_until - access_token_at)::float8 * 1000, 0) as "grantedMs"`;
