import { type AuthorizerTokens, isUnavailable } from '@wxa/store';
import { Permits } from '../lanes/permits.js';
import { Authorizing, type Failed } from './authorizing.js';
import { FailureBackoff } from './failure-backoff.js';
import type { LeasedSingleFlight, Renew } from './leased-single-flight.js';
import { leasedSingleFlight, PlatformToken, type TokenTools, unavailable } from './platform-token.js';
import { isEndingSoon, mayBeUsed } from './token-life.js';
import type { TokenAnswer, TokenSource } from './token-source.js';

/** Tokens that are being had at once in one process. */
const AT_ONCE = 20;
/** Of those that were given up; the other slots are for who needs a token. */
const RECHECKS_AT_ONCE = 10;
const RECHECK_ROUNDS = 50;
/** A code that is refused leaves the refresh token; what changes more often than that is left for later. */
const MAX_STEPS = 4;
const UNAVAILABLE_BACKOFF_MS = 5_000;
const REJECTED_BACKOFF_MS = 60_000;

/**
 * The tokens of a third-party platform: its own under its own appid, and those of the mini-programs that authorized
 * it. What holds is in Postgres alone and is read each time, so that a withdrawal or another process's refresh counts
 * at once. See docs/decisions/tokens.md.
 */
export class ComponentTokens implements TokenSource {
  readonly platform: PlatformToken;
  readonly #authorizing: Authorizing;
  readonly #flights: LeasedSingleFlight<TokenAnswer>;
  readonly #permits = new Permits(AT_ONCE);
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

  refresh(appid: string, refused: string): Promise<TokenAnswer> {
    return readable(() => this.#get(appid, refused));
  }

  /** Marks it, and keeps its refresh token; not where the refused token is one from before. */
  async markNeedsAuthorization(appid: string, refused: string, why: string): Promise<void> {
    const { tokens } = this.tools;
    const known = await tokens.readTokens(appid);
    if (known === undefined || known.accessToken !== refused) return;
    await tokens.refuseRefreshToken({ appid, used: known.refreshTokenId }, why);
  }

  /** Asks once more about those that were given up: WeChat may have been wrong, or a push been lost. */
  recheck(): Promise<void> {
    this.#rechecking ??= this.#recheckRounds().finally(() => {
      this.#rechecking = undefined;
    });
    return this.#rechecking;
  }

  /** The turns that are under way end, and none is begun: what WeChat gave is kept before the process ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#flights.stop(), this.platform.stop(), this.#rechecking]);
  }

  async #get(appid: string, refused: string | undefined): Promise<TokenAnswer> {
    if (appid === this.tools.componentAppid) return this.platform.get(refused);
    const tokens = await this.tools.tokens.readTokens(appid);
    const known = answerOf(tokens, refused);
    if (known === undefined) return this.#obtain(appid, refused, usable(tokens, refused));
    if (known.kind === 'token' && tokens !== undefined && isEndingSoon(tokens))
      this.#renewSoon(appid, known.token);
    return known;
  }

  /** Nobody waits for it; the token that ends is given out meanwhile. */
  #renewSoon(appid: string, ending: string): void {
    void this.#obtain(appid, ending).catch(() => undefined);
  }

  /** @param meanwhile serves where nothing better can be had now. */
  async #obtain(appid: string, refused?: string, meanwhile?: TokenAnswer): Promise<TokenAnswer> {
    const why = this.tools.isUnavailable() ? 'WeChat can not be reached' : this.#backoff.why(appid);
    if (why !== undefined) return meanwhile ?? unavailable(why);
    const task = {
      read: async () => answerOf(await this.tools.tokens.readTokens(appid), refused),
      run: (renew: Renew) => this.#withPermit(() => this.#steps(appid, refused, renew)),
      timedOut: () => TIMED_OUT,
    };
    const answer = await this.#flights.run(`token/${appid}`, task, refused);
    return answer.kind === 'unavailable' ? (meanwhile ?? answer) : answer;
  }

  /** None is taken while nothing can be asked: each taking puts it off for longer. */
  async #recheckRounds(): Promise<void> {
    for (let round = 0; round < RECHECK_ROUNDS && !this.#stopped && !this.tools.isUnavailable(); round += 1) {
      if ((await this.platform.get()).kind !== 'token') return;
      const appids = await this.tools.tokens.claimAuthorizersToRecheck(RECHECKS_AT_ONCE);
      await Promise.all(appids.map((appid) => this.#recheck(appid)));
      if (appids.length < RECHECKS_AT_ONCE) return;
    }
  }

  #recheck(appid: string): Promise<TokenAnswer> {
    const read = () => this.tools.tokens.readTokens(appid);
    return this.#flights.run(`token/${appid}`, {
      read: async () => undefined,
      run: (renew) =>
        this.#withPermit(async () => {
          const tokens = await read();
          if (tokens?.state === 'NEEDS_AUTHORIZATION') await this.#authorizing.step({ appid, tokens, renew });
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

  async #steps(appid: string, refused: string | undefined, renew: Renew): Promise<TokenAnswer> {
    let before: string | undefined;
    for (let step = 0; step <= MAX_STEPS; step += 1) {
      const tokens = await this.tools.tokens.readTokens(appid);
      before ??= tokens?.refreshTokenId;
      // What WeChat gave since is what there is, though it were the same token again.
      const known = answerOf(tokens, tokens?.refreshTokenId === before ? refused : undefined);
      if (known !== undefined || tokens === undefined) {
        this.#backoff.succeeded(appid);
        return known ?? NEVER;
      }
      const failed = await this.#authorizing.step({ appid, tokens, renew });
      if (failed !== undefined) return this.#failed(appid, failed);
    }
    return unavailable('the authorization changes again and again');
  }

  async #failed(appid: string, { why, isPermanent }: Failed): Promise<TokenAnswer> {
    this.#backoff.failed(appid, why, isPermanent ? REJECTED_BACKOFF_MS : UNAVAILABLE_BACKOFF_MS);
    await this.tools.tokens.noteAuthorizerError(appid, why);
    return unavailable(why);
  }
}

const TIMED_OUT = unavailable('another process takes long to get the token');
const NEVER: TokenAnswer = { kind: 'not-authorized', why: 'it has never authorized this platform' };

/** What the store says; undefined where WeChat is to be asked. */
function answerOf(
  tokens: AuthorizerTokens | undefined,
  refused: string | undefined,
): TokenAnswer | undefined {
  if (tokens === undefined) return NEVER;
  const { state, code, callbackAt, refreshToken, lastError } = tokens;
  if (state === 'UNAUTHORIZED')
    return { kind: 'not-authorized', why: `it withdrew its authorization at ${callbackAt?.toISOString()}` };
  if (code !== undefined) return undefined;
  if (state === 'NEEDS_AUTHORIZATION' || refreshToken === undefined)
    return { kind: 'not-authorized', why: `it needs to authorize this platform again: ${lastError}` };
  return usable(tokens, refused);
}

function usable(tokens: AuthorizerTokens | undefined, refused: string | undefined): TokenAnswer | undefined {
  const token = tokens?.accessToken;
  if (tokens === undefined || token === undefined || token === refused || !mayBeUsed(tokens))
    return undefined;
  return { kind: 'token', token };
}

/** Secrets that can't be opened are no failure of the store, and are no better in a second. */
async function readable(read: () => Promise<TokenAnswer>): Promise<TokenAnswer> {
  try {
    return await read();
  } catch (error) {
    if (isUnavailable(error)) throw error;
    return unavailable(
      `its tokens can not be had from the store: ${error instanceof Error ? error.message : error}`,
    );
  }
}
