import { type AuthorizerTokens, isEndingSoon, mayBeUsed } from '@wxa/authorizers';
import { isUnavailable } from '@wxa/postgres';
import { Permits } from '../throttle/permits.js';
import { type AuthorizerLease, Authorizing, type Failed } from './authorizing.js';
import { FailureBackoff } from './failure-backoff.js';
import type { LeasedSingleFlight, Renew } from './leased-single-flight.js';
import { leasedSingleFlight, PlatformToken, type TokenTools, unavailable } from './platform-token.js';
import type { TokenAnswer, TokenSource } from './token-source.js';

/** Concurrent token requests per process. */
const MAX_CONCURRENT = 20;
/** Concurrent rechecks; the other permits serve callers that need a token. */
const CONCURRENT_RECHECKS = 10;
const RECHECK_ROUNDS = 50;
/** A rejected code falls back to the refresh token; an authorization that changes more often fails this request. */
const MAX_STEPS = 5;
const UNAVAILABLE_BACKOFF_MS = 5_000;
const REJECTED_BACKOFF_MS = 60_000;

/**
 * The tokens of a third-party platform: its own under its own appid, and those of the mini-programs that authorized
 * it. Their state is only in Postgres and is read each time, so that a withdrawal or another process's refresh takes
 * effect at once. See docs/decisions/tokens.md.
 */
export class ComponentTokens implements TokenSource {
  readonly platform: PlatformToken;
  readonly #authorizing: Authorizing;
  readonly #flights: LeasedSingleFlight<TokenAnswer>;
  readonly #permits = new Permits(MAX_CONCURRENT);
  readonly #backoff = new FailureBackoff();
  #rechecking: Promise<void> | undefined;
  #stopped = false;

  constructor(private readonly tools: TokenTools) {
    this.platform = new PlatformToken(tools);
    this.#authorizing = new Authorizing(tools, this.platform);
    this.#flights = leasedSingleFlight(tools);
  }

  get(appid: string): Promise<TokenAnswer> {
    return readable(() => this.#get(appid, undefined));
  }

  refresh(appid: string, rejected: string): Promise<TokenAnswer> {
    return readable(() => this.#get(appid, rejected));
  }

  /** Obtains a newer token if one is wanted, or if the stored one ends soon. */
  async renew(appid: string): Promise<void> {
    await readable(async () => {
      const tokens = await this.tools.tokens.readTokens(appid);
      const isDue = tokens !== undefined && (tokens.isRenewalWanted || isEndingSoon(tokens));
      return isDue ? this.#obtain(appid, tokens.accessToken) : NEVER;
    });
  }

  /** Marks it and keeps its refresh token, unless the rejected token is not the current one. */
  async markNeedsAuthorization(appid: string, rejected: string, why: string): Promise<void> {
    const { tokens } = this.tools;
    const known = await tokens.readTokens(appid);
    if (known === undefined || known.accessToken !== rejected) return;
    await tokens.refuseRefreshToken({ appid, used: known.refreshTokenId }, why);
  }

  /** Rechecks mini-programs that need authorization: WeChat may have been wrong, or a callback lost. */
  recheck(): Promise<void> {
    this.#rechecking ??= this.#recheckRounds().finally(() => {
      this.#rechecking = undefined;
    });
    return this.#rechecking;
  }

  /** Rechecks one mini-program that needs authorization, now. Resolves to whether it needs none any more. */
  async recheckNow(appid: string): Promise<boolean> {
    const { kind } = await readable(() => this.#recheck(appid));
    return kind === 'token';
  }

  /** Starts no request; resolves when running ones have ended, so that granted tokens are stored. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#flights.stop(), this.platform.stop(), this.#rechecking]);
  }

  async #get(appid: string, rejected: string | undefined): Promise<TokenAnswer> {
    if (appid === this.tools.componentAppid) return this.platform.get(rejected);
    const tokens = await this.tools.tokens.readTokens(appid);
    const known = answerOf(tokens, rejected);
    if (known === undefined) {
      const isEarly =
        tokens?.accessToken !== undefined && tokens.accessToken === rejected && mayBeUsed(tokens);
      return this.#obtain(appid, rejected, { fallback: usable(tokens, rejected), isEarly });
    }
    if (known.kind === 'token' && tokens !== undefined && isEndingSoon(tokens))
      this.#renewInBackground(appid, known.token);
    return known;
  }

  /** Not awaited: the expiring token is used meanwhile. */
  #renewInBackground(appid: string, expiring: string): void {
    void this.#obtain(appid, expiring).catch(() => undefined);
  }

  /** @param how `fallback`: the answer if no better token is available. `isEarly`: WeChat rejected the stored token before its end. */
  async #obtain(
    appid: string,
    rejected?: string,
    { fallback, isEarly = false }: { fallback?: TokenAnswer | undefined; isEarly?: boolean } = {},
  ): Promise<TokenAnswer> {
    const why = this.tools.isUnavailable() ? 'WeChat is unavailable' : this.#backoff.why(appid);
    if (why !== undefined) return fallback ?? unavailable(why);
    const task = {
      read: async () => answerOf(await this.tools.tokens.readTokens(appid), rejected),
      run: (renew: Renew, holder: string) =>
        this.#withPermit(async () => {
          const tokens = await this.tools.tokens.readTokens(appid);
          const known = answerOf(tokens, rejected);
          if (known !== undefined || tokens === undefined) return known ?? NEVER;
          const obtained = await this.#steps({ appid, tokens, renew, holder }, rejected);
          if (isEarly && obtained.kind === 'token') this.tools.onRejectedEarly('authorizer', appid);
          return obtained;
        }),
      timedOut: () => TIMED_OUT,
    };
    const answer = await this.#flights.run(`token/${appid}`, task, rejected);
    return answer.kind === 'unavailable' ? (fallback ?? answer) : answer;
  }

  /** Claims none while WeChat is unavailable: each claim lengthens the back-off. */
  async #recheckRounds(): Promise<void> {
    for (let round = 0; round < RECHECK_ROUNDS && !this.#stopped && !this.tools.isUnavailable(); round += 1) {
      if ((await this.platform.get()).kind !== 'token') return;
      const appids = await this.tools.tokens.claimAuthorizersToRecheck(CONCURRENT_RECHECKS);
      await Promise.all(appids.map((appid) => this.#recheck(appid)));
      if (appids.length < CONCURRENT_RECHECKS) return;
    }
  }

  #recheck(appid: string): Promise<TokenAnswer> {
    const read = () => this.tools.tokens.readTokens(appid);
    return this.#flights.run(`token/${appid}`, {
      read: async () => undefined,
      run: (renew, holder) =>
        this.#withPermit(async () => {
          const tokens = await read();
          if (tokens?.state === 'NEEDS_AUTHORIZATION')
            await this.#authorizing.step({ appid, tokens, renew, holder });
          return answerOf(await read(), undefined) ?? TIMED_OUT;
        }),
      timedOut: () => TIMED_OUT,
    });
  }

  async #withPermit<T>(work: () => Promise<T>): Promise<T> {
    await this.#permits.take();
    try {
      return await work();
    } finally {
      this.#permits.give();
    }
  }

  async #steps(lease: AuthorizerLease, rejected: string | undefined): Promise<TokenAnswer> {
    const { appid, tokens: before } = lease;
    let tokens = before;
    for (let step = 0; step < MAX_STEPS; step += 1) {
      const failed = await this.#authorizing.step({ ...lease, tokens });
      if (failed !== undefined) return this.#failed(appid, failed);
      const stored = await this.tools.tokens.readTokens(appid);
      // After a grant, the token counts as new even if WeChat returned the same one.
      const isSame = stored?.refreshTokenId === before.refreshTokenId;
      const known = answerOf(stored, isSame ? rejected : undefined);
      if (known !== undefined || stored === undefined) {
        this.#backoff.succeeded(appid);
        return known ?? NEVER;
      }
      tokens = stored;
    }
    return unavailable('authorization changed concurrently; gave up');
  }

  async #failed(appid: string, { why, isPermanent }: Failed): Promise<TokenAnswer> {
    this.#backoff.failed(appid, why, isPermanent ? REJECTED_BACKOFF_MS : UNAVAILABLE_BACKOFF_MS);
    await this.tools.tokens.noteAuthorizerError(appid, why);
    return unavailable(why);
  }
}

const TIMED_OUT = unavailable('timed out waiting for another process to obtain the token');
const NEVER: TokenAnswer = { kind: 'not-authorized', why: 'never authorized the platform' };

/** The answer from the store; undefined if WeChat must be asked. */
function answerOf(
  tokens: AuthorizerTokens | undefined,
  rejected: string | undefined,
): TokenAnswer | undefined {
  if (tokens === undefined) return NEVER;
  const { state, code, callbackAt, refreshToken, lastError } = tokens;
  if (state === 'UNAUTHORIZED')
    return { kind: 'not-authorized', why: `authorization withdrawn at ${callbackAt?.toISOString()}` };
  if (code !== undefined) return undefined;
  // Known since tokens came from elsewhere: WeChat says which refresh token is the current one.
  if (state === 'AUTHORIZED' && refreshToken === undefined) return undefined;
  if (state === 'NEEDS_AUTHORIZATION')
    return { kind: 'not-authorized', why: `must be authorized again: ${lastError}` };
  return usable(tokens, rejected);
}

function usable(tokens: AuthorizerTokens | undefined, rejected: string | undefined): TokenAnswer | undefined {
  const token = tokens?.accessToken;
  if (tokens === undefined || token === undefined || token === rejected || !mayBeUsed(tokens))
    return undefined;
  return { kind: 'token', token };
}

/** Secrets that can't be decrypted are not a failure of the store: a retry does not help. */
async function readable(read: () => Promise<TokenAnswer>): Promise<TokenAnswer> {
  try {
    return await read();
  } catch (error) {
    if (isUnavailable(error)) throw error;
    return unavailable(
      `failed to read its tokens from the store: ${error instanceof Error ? error.message : error}`,
    );
  }
}
