import { type Batches, bound } from '@wxa/postgres';
import { recordAuthorization } from '../authorizations.js';
import { keepAuthorizerInfo, keepName, refuseRefreshToken } from '../authorizer-tokens.js';
import * as authorizers from '../authorizers.js';
import type { DirectoryContext } from '../sealed-columns.js';
import * as listed from '../sync/listed.js';
import { endSync, keepSyncProgress, nextSync, readSync, startSync } from '../sync/runs.js';
import { keepLinkLabels, setLabels } from './labels.js';
import { followTokenService, registerAuthorizers } from './register.js';

/**
 * The mini-programs that authorized the platform, with their names, permission sets and labels. It is there with every token source,
 * and needs no key.
 */
export type Directory = ReturnType<typeof directory>;

/** The token by which Nest injects the directory. */
export const Directory = Symbol('Directory');

export function directory(context: DirectoryContext, shared: Batches) {
  const all = bound([context], {
    ...authorizers,
    ...{ recordAuthorization, keepAuthorizerInfo, keepName, refuseRefreshToken, setLabels, keepLinkLabels },
    ...{ followTokenService, registerAuthorizers },
    ...{ ...listed, startSync, nextSync, readSync, keepSyncProgress, endSync },
  });
  return {
    ...all,
    /** Whether tokens are stored with the mini-programs. */
    keepsTokens: context.secrets !== undefined,
    /** The permission sets that a mini-program granted. Batched. */
    readGrant: shared.of('grant', all.readGrants, { parallel: 2, splitOn: () => false }),
  };
}
