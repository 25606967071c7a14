import { Authorizer, AuthorizerState } from '@wxa/contracts';
import type { Authorizer as StoredAuthorizer } from '@wxa/store';

/** Converts a stored authorizer to its message. The token's age is computed with this process's clock. */
export function toAuthorizer(stored: StoredAuthorizer, now = Date.now()): Authorizer {
  return {
    appid: stored.appid,
    state: AuthorizerState[`AUTHORIZER_STATE_${stored.state}`],
    permissionSets: stored.permissionSets ?? [],
    tokenAge: stored.accessTokenAt === null ? undefined : ageOf(stored.accessTokenAt, now),
    tokenExpireTime: stored.accessTokenUntil ?? undefined,
    lastError: stored.lastError ?? '',
    lastErrorTime: stored.lastErrorAt ?? undefined,
    authorizeTime: stored.authorizedAt ?? undefined,
    createTime: stored.createdAt,
    updateTime: stored.updatedAt,
  };
}

/** With millisecond precision; not negative, even if Postgres's clock is ahead. */
function ageOf(at: Date, now: number) {
  const ms = Math.max(0, now - at.getTime());
  return { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 };
}
