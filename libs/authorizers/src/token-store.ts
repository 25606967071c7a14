import { type Batches, bound } from '@wxa/postgres';
import type { Pool } from 'pg';
import * as authorizations from './authorizations.js';
import * as authorizerTokens from './authorizer-tokens.js';
import * as components from './components.js';
import { directory } from './directory/directory.js';
import { awaitRenewal, claimRenewals, renewToken } from './readers/renewals.js';
import { serveToken, wantRenewal } from './readers/serve-token.js';
import { checkKeys, type TokenContext } from './sealed-columns.js';

/** The directory, with the tickets and tokens of the platform and of the mini-programs; these are encrypted. */
export type TokenStore = ReturnType<typeof tokenStore>;

/** The token by which Nest injects the store of that type. */
export const TokenStore = Symbol('TokenStore');

export function tokenStore(context: TokenContext, shared: Batches, pool: Pool) {
  const all = bound([{ ...context, calls: pool }], {
    ...{ ...authorizations, ...authorizerTokens, ...components },
    ...{ serveToken, wantRenewal, claimRenewals, awaitRenewal, renewToken },
  });
  return {
    ...directory(context, shared),
    ...all,
    /** The tokens of a mini-program. Batched. */
    readTokens: shared.of('token', all.readAuthorizerTokens, { parallel: 2, splitOn: () => true }),
    /** Whether the renewal of a token is awaited. All that wait share one statement in 100 ms. */
    isRenewalAwaited: shared.of('other', all.awaitRenewal, { parallel: 1, minIntervalMs: 100 }),
    checkKeys: () => checkKeys(context.calls, context.secrets),
  };
}
