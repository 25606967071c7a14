import { Batcher } from '@wxa/service/batcher';
import type { Pool } from 'pg';
import type { Pools } from '../data-source.js';
import { unlessAborted } from '../leases/transaction.js';
import {
  type AuthorizationPush,
  authorizersWithCode,
  type ImportConflict,
  keepImported,
  type OfferedAuthorizer,
  readImport,
  recordAuthorization,
} from './authorizations.js';
import {
  type AuthorizerTokens,
  claimAuthorizersToRecheck,
  deleteUnknownAuthorizer,
  type GivenTokens,
  keepPermissionSets,
  keepTokens,
  noteAuthorizerError,
  readAuthorizerTokens,
  refuseRefreshToken,
  rejectCode,
} from './authorizer-tokens.js';
import {
  type Authorizer,
  type AuthorizerFilter,
  type AuthorizerState,
  countAuthorizers,
  type Grant,
  getAuthorizer,
  listAuthorizers,
  readGrants,
  removeAuthorizer,
} from './authorizers.js';
import {
  type Component,
  keepComponentToken,
  keepTicket,
  mayAskForTicket,
  noteComponentError,
  readComponent,
} from './components.js';
import { checkKeys, placeOf } from './sealed-columns.js';
import type { Secrets } from './secrets.js';

const BATCH = { maxBatch: 200, maxWaiting: 20_000, parallel: 2 };

/** Notified when an authorization code was stored that is to be exchanged. */
export const CODES_CHANNEL = 'wxa_codes';

/** The stored data of the third-party platform and of the mini-programs that authorized it; secrets are encrypted. */
export class TokenStore {
  readonly #reads: Batcher<string, AuthorizerTokens | undefined>;
  readonly #grants: Batcher<string, Grant | undefined>;

  private readonly pool: Pool;

  constructor(
    private readonly pools: Pick<Pools, 'calls' | 'pushes'>,
    private readonly secrets: Secrets,
  ) {
    const { calls: pool } = pools;
    this.pool = pool;
    const splitOn = () => true;
    const read = (appids: string[]) => readAuthorizerTokens(pool, secrets, appids);
    this.#reads = new Batcher(read, { ...BATCH, splitOn });
    this.#grants = new Batcher((appids) => readGrants(pool, appids), BATCH);
  }

  /** Rejects with MissingKeyError if stored secrets are encrypted with a key that this process does not have. */
  checkKeys(): Promise<void> {
    return checkKeys(this.pool, this.secrets);
  }

  /** Stores a ticket; durable when it resolves. Returns false if a newer one is stored. */
  keepTicket(ticket: { appid: string; ticket: string; sentAt: Date }): Promise<boolean> {
    return keepTicket(this.pools.pushes, this.secrets, ticket);
  }

  /** The platform's own ticket and token; undefined before its first ticket. */
  readComponent(appid: string): Promise<Component | undefined> {
    return readComponent(this.pool, this.secrets, appid);
  }

  keepComponentToken(token: { appid: string; token: string; grantedMs: number }): Promise<void> {
    return keepComponentToken(this.pool, this.secrets, token);
  }

  noteComponentError(appid: string, error: string): Promise<void> {
    return noteComponentError(this.pool, appid, error);
  }

  /** Whether the caller may request tickets from WeChat; true at most once in `everyMs` over all processes. */
  mayAskForTicket(appid: string, everyMs: number): Promise<boolean> {
    return mayAskForTicket(this.pool, appid, everyMs);
  }

  /** Applies an authorization callback; durable when it resolves. Returns false if it changed nothing. */
  recordAuthorization(push: AuthorizationPush): Promise<boolean> {
    return recordAuthorization(this.pools.pushes, this.secrets, push);
  }

  /** Mini-programs whose authorization code waits to be exchanged. */
  authorizersWithCode(limit: number): Promise<string[]> {
    return authorizersWithCode(this.pool, limit);
  }

  /** The tokens of a mini-program. Batched. */
  readTokens(appid: string): Promise<AuthorizerTokens | undefined> {
    return this.#reads.add(appid);
  }

  /** Stores both tokens that WeChat returned. Returns false if the authorization changed in the meantime. */
  keepTokens(
    whose: { appid: string; used: string },
    tokens: GivenTokens,
    exchanged?: { codeId: string | null; permissionSets: number[] },
  ): Promise<boolean> {
    return keepTokens(this.pool, this.secrets, whose, tokens, exchanged);
  }

  refuseRefreshToken(whose: { appid: string; used: string }, error: string): Promise<void> {
    return refuseRefreshToken(this.pool, whose, error);
  }

  /** Mini-programs in NEEDS_AUTHORIZATION that are due for another check. */
  claimAuthorizersToRecheck(limit: number): Promise<string[]> {
    return claimAuthorizersToRecheck(this.pool, limit);
  }

  rejectCode(whose: { appid: string; codeId: string }, error: string): Promise<void> {
    return rejectCode(this.pool, whose, error);
  }

  /** Deletes a mini-program that never authorized the platform, despite a callback. Returns false if it ever had a token. */
  deleteUnknownAuthorizer(whose: { appid: string; codeId: string }): Promise<boolean> {
    return deleteUnknownAuthorizer(this.pool, whose);
  }

  noteAuthorizerError(appid: string, error: string): Promise<void> {
    return noteAuthorizerError(this.pool, appid, error);
  }

  /** What a mini-program granted. Batched. */
  readGrant(appid: string): Promise<Grant | undefined> {
    return this.#grants.add(appid);
  }

  /** Rejects with the signal's reason if the signal is aborted before the statement begins. */
  getAuthorizer(appid: string, signal?: AbortSignal): Promise<Authorizer | undefined> {
    return unlessAborted(this.pool, signal, (client) => getAuthorizer(client, appid));
  }

  /** Rejects with the signal's reason if the signal is aborted before the statement begins. */
  listAuthorizers(filter: AuthorizerFilter, signal?: AbortSignal): Promise<Authorizer[]> {
    return unlessAborted(this.pool, signal, (client) => listAuthorizers(client, filter));
  }

  countAuthorizers(): Promise<Record<AuthorizerState, number>> {
    return countAuthorizers(this.pool);
  }

  /** What an import of a mini-program conflicts with. */
  readImport(offered: OfferedAuthorizer): Promise<ImportConflict> {
    return readImport(this.pool, offered);
  }

  /** The refresh token of a mini-program, encrypted, to be stored until it has been verified with WeChat. */
  sealRefreshToken({ appid, refreshToken }: OfferedAuthorizer): Buffer {
    return Buffer.from(this.secrets.seal(placeOf('authorizers', appid, 'refresh_token'), refreshToken));
  }

  /** Undefined if it was encrypted for another mini-program, or with a key that this process does not have. */
  openRefreshToken(appid: string, sealed: Buffer): string | undefined {
    try {
      return this.secrets.open(placeOf('authorizers', appid, 'refresh_token'), sealed.toString());
    } catch {
      return undefined;
    }
  }

  /** Stores the tokens that WeChat returned for an imported refresh token. Returns false if the mini-program is authorized. */
  keepImported(offered: OfferedAuthorizer, tokens: GivenTokens): Promise<boolean> {
    return keepImported(this.pool, this.secrets, offered, tokens);
  }

  keepPermissionSets(appid: string, permissionSets: number[]): Promise<void> {
    return keepPermissionSets(this.pool, appid, permissionSets);
  }

  /** Deletes a mini-program and its tokens. Returns false if it is unknown. */
  removeAuthorizer(appid: string): Promise<boolean> {
    return removeAuthorizer(this.pool, appid);
  }
}
