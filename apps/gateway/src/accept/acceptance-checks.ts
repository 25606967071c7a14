import { Inject, Injectable } from '@nestjs/common';
import { TokenStore } from '@wxa/authorizers';
import { isOfPlatform, METHODS, type Method } from '@wxa/contracts';
import { Store } from '@wxa/store';
import { historyBehind, type RpcError } from '../errors/rpc-error.js';
import { authorizationError } from './request-checks.js';
import { WorkerMethods } from './worker-methods.js';

/** What must hold besides the request itself for an operation to be accepted. */
@Injectable()
export class AcceptanceChecks {
  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(TokenStore) private readonly tokens: TokenStore | null,
    @Inject(WorkerMethods) private readonly workers: WorkerMethods,
  ) {}

  /**
   * Rejects with an RpcError if a running worker does not know the method, if the mini-program has not authorized the platform,
   * or if Postgres has lost time. A repeated request still returns its operation, so that the caller learns the outcome.
   */
  async run(method: Method, request: { appid: string; requestId: string }): Promise<void> {
    const error =
      this.workers.errorOf(method) ?? (await this.#unauthorized(method, request)) ?? this.#behind(method);
    if (error !== undefined && !(await this.#isRepeated(request))) throw error;
  }

  async #unauthorized(method: Method, { appid }: { appid: string }): Promise<RpcError | undefined> {
    if (this.tokens === null || isOfPlatform(method)) return undefined;
    return authorizationError(appid, await this.tokens.readGrant(appid));
  }

  #behind(method: Method): RpcError | undefined {
    return METHODS[method].kind === 'change' && this.store.history.isBehind ? historyBehind() : undefined;
  }

  async #isRepeated({ appid, requestId }: { appid: string; requestId: string }): Promise<boolean> {
    return requestId !== '' && (await this.store.operations.hasAccepted(appid, requestId));
  }
}
