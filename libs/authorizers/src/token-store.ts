import { type Batches, bound, type Pools } from '@wxa/postgres';
import * as authorizations from './authorizations.js';
import * as authorizerTokens from './authorizer-tokens.js';
import * as authorizers from './authorizers.js';
import * as components from './components.js';
import { keepLinkLabels, setLabels } from './labels.js';
import { checkKeys, type TokenContext } from './sealed-columns.js';
import type { Secrets } from './secrets.js';
import * as listed from './sync/listed.js';
import { endSync, keepSyncProgress, nextSync, readSync, startSync } from './sync/runs.js';

/** The stored data of the third-party platform and of the mini-programs that authorized it; secrets are encrypted. */
export type TokenStore = ReturnType<typeof tokenStore>;

/** The token by which Nest injects the store of that type. */
export const TokenStore = Symbol('TokenStore');

export function tokenStore(
  { calls, pushes, lists }: Pools,
  shared: Batches,
  secrets: Secrets,
  { writer, onRecorded, toEvent }: Pick<TokenContext, 'writer' | 'onRecorded' | 'toEvent'>,
) {
  const all = bound([{ calls, pushes, lists, secrets, writer, onRecorded, toEvent }], {
    ...{ ...authorizations, ...authorizerTokens, ...authorizers, ...components, setLabels, keepLinkLabels },
    ...{ ...listed, startSync, nextSync, readSync, keepSyncProgress, endSync },
  });
  return {
    ...all,
    /** The tokens of a mini-program. Batched. */
    readTokens: shared.of('token', all.readAuthorizerTokens, { parallel: 2, splitOn: () => true }),
    /** The permission sets that a mini-program granted. Batched. */
    readGrant: shared.of('grant', all.readGrants, { parallel: 2, splitOn: () => false }),
    checkKeys: () => checkKeys(calls, secrets),
  };
}

/** Notified when an authorization code was stored that is to be exchanged. */
export const CODES_CHANNEL = 'wxa_codes';
