import { type AuthorizerTokens, isUnavailable } from '@wxa/store';
import { Slots } from '../lanes/slots.js';
import { Authorizing, type Failed } from './authorizing.js';
import type { OneAtATime, Renew } from './one-at-a-time.js';
import { oneAtATime, PlatformToken, type TokenTools, unavailable } from './platform-token.js';
import { Rests } from './rests.js';
import { isEndingSoon, mayBeUsed } from './token-life.js';
import type { TokenAnswer, TokenSource } from './token-source.js';

/** Tokens that are being had at once in one process. */
const AT_ONCE = 20;
/** Of those that were given up; the other slots are for who needs a token. */
const AGAIN_AT_ONCE = 10;
const AGAIN_ROUNDS = 50;
/** A code that is refused leaves the refresh token; what changes more often than that is left for later. */
const MAX_STEPS = 4;
const AWAY_REST_MS = 5_000;
const REFUSED_REST_MS = 60_000;

/**
 * The tokens of a third-party platform: its own under its own appid, and those of the mini-programs that authorized
 * it. What holds is in Postgres alone and is read each time, so that a withdrawal or another process's refresh counts
 * at once. See docs/decisions/tokens.md.
 */
export class ComponentTokens implements TokenSource {
  readonly platform: PlatformToken;
  readonly #authorizing: Authorizing;
  readonly #turns: OneAtATime<TokenAnswer>;
  readonly #slots = new Slots(AT_ONCE);
  readonly #rests = new Rests();
  #asking: Promise<void> | undefined;
  #stopped = false;

  constructor(private readonly tools: TokenTools) {
    this.platform = new PlatformToken(tools);
    this.#authorizing = new Authorizing(tools, this.platform);
    this.#turns = oneAtATime(tools);
  }

  get(appid: string): Promise<TokenAnswer> {
    return readable(() => this.#get(appid, undefined));
  }

  refresh(appid: string, refused: string): Promise<TokenAnswer> {
    return readable(() => this.#get(appid, refused));
  }

  /** Marks it, and keeps its refresh token; not where the refused token is one from before. */
  async giveUp(appid: string, refused: string, why: string): Promise<void> {
    const { tokens } = this.tools;
    const known = await tokens.readTokens(appid);
    if (known === undefined || known.accessToken !== refused) return;
    await tokens.refuseRefreshToken({ appid, used: known.refreshTokenId }, why);
  }

  /** Asks once more about those that were given up: WeChat may have been wrong, or a push been lost. */
  askAgain(): Promise<void> {
    this.#asking ??= this.#askRounds().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** The turns that are under way end, and none is begun: what WeChat gave is kept before the process ends. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#turns.stop(), this.platform.stop(), this.#asking]);
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
    const why = this.tools.isAway() ? 'WeChat can not be reached' : this.#rests.why(appid);
    if (why !== undefined) return meanwhile ?? unavailable(why);
    const task = {
      look: async () => answerOf(await this.tools.tokens.readTokens(appid), refused),
      act: (renew: Renew) => this.#inSlot(() => this.#steps(appid, refused, renew)),
      late: () => LATE,
    };
    const answer = await this.#turns.run(`token/${appid}`, task, refused);
    return answer.kind === 'unavailable' ? (meanwhile ?? answer) : answer;
  }

  /** None is taken while nothing can be asked: each taking puts it off for longer. */
  async #askRounds(): Promise<void> {
    for (let round = 0; round < AGAIN_ROUNDS && !this.#stopped && !this.tools.isAway(); round += 1) {
      if ((await this.platform.get()).kind !== 'token') return;
      const appids = await this.tools.tokens.takeGivenUp(AGAIN_AT_ONCE);
      await Promise.all(appids.map((appid) => this.#askAgain(appid)));
      if (appids.length < AGAIN_AT_ONCE) return;
    }
  }

  #askAgain(appid: string): Promise<TokenAnswer> {
    const read = () => this.tools.tokens.readTokens(appid);
    return this.#turns.run(`token/${appid}`, {
      look: async () => undefined,
      act: (renew) =>
        this.#inSlot(async () => {
          const tokens = await read();
          if (tokens?.state === 'NEEDS_AUTHORIZATION') await this.#authorizing.step({ appid, tokens, renew });
          return answerOf(await read(), undefined) ?? LATE;
        }),
      late: () => LATE,
    });
  }

  async #inSlot<T>(work: () => Promise<T>): Promise<T> {
    await this.#slots.take();
    try {
      return await work();
    } finally {
      this.#slots.give();
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
        this.#rests.worked(appid);
        return known ?? NEVER;
      }
      const failed = await this.#authorizing.step({ appid, tokens, renew });
      if (failed !== undefined) return this.#failed(appid, failed);
    }
    return unavailable('the authorization changes again and again');
  }

  async #failed(appid: string, { why, forGood }: Failed): Promise<TokenAnswer> {
    this.#rests.failed(appid, why, forGood ? REFUSED_REST_MS : AWAY_REST_MS);
    await this.tools.tokens.noteAuthorizerError(appid, why);
    return unavailable(why);
  }
}

const LATE = unavailable('another process takes long to get the token');
const NEVER: TokenAnswer = { kind: 'not-authorized', why: 'it has never authorized this platform' };

/** What the store says; undefined where WeChat is to be asked. */
function answerOf(
  tokens: AuthorizerTokens | undefined,
  refused: string | undefined,
): TokenAnswer | undefined {
  if (tokens === undefined) return NEVER;
  const { state, code, toldAt, refreshToken, lastError } = tokens;
  if (state === 'UNAUTHORIZED')
    return { kind: 'not-authorized', why: `it withdrew its authorization at ${toldAt?.toISOString()}` };
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
