import {
  isEndingSoon,
  mayBeHandedOut,
  type StoredToken,
  type TokenOwner,
  type TokenReading,
  type TokenStore,
  type WithoutToken,
} from '@wxa/authorizers';
import type { Cancellation } from '@wxa/postgres';
import { FairSemaphore } from '@wxa/service';
import type { Store } from '@wxa/store';
import { rpcError } from '../errors/rpc-error.js';
import { tokenWaitSeconds } from '../metrics.js';

const WAIT_MS = 4_000;
/** Reads and marks in Postgres at once, which leaves connections to the calls of callers. */
const AT_ONCE = 5;
/** How many more wait for their turn, of one reader and of all; the next one is refused. */
const MAX_WAITING = { ofReader: 150, inAll: 200 };
/** A token that is younger is not renewed, although a reader says that WeChat rejected it. */
const RENEWED_LATELY_MS = 60_000;

/** A read that the policy allows. */
export interface AllowedRead extends Pick<TokenReading, 'of' | 'by'> {
  /** WeChat rejected the last token. */
  isRefresh: boolean;
  /** In performance.now() time. */
  arrivedAt: number;
  /** Aborted when the reader has its answer. */
  signal: Cancellation;
}

/** The stored tokens for their readers. It never calls WeChat: workers renew the tokens. */
export class ServedTokens {
  readonly #turns = new FairSemaphore(AT_ONCE);

  constructor(
    private readonly tokens: Pick<TokenStore, 'serveToken' | 'wantRenewal' | 'isRenewalAwaited'>,
    private readonly history: Pick<Store['history'], 'mayHaveLostTimeOn'>,
  ) {}

  /**
   * The token; one that must be renewed is waited for until 4 s after the read arrived. Rejects with NOT_AUTHORIZED or TOKEN_NOT_AVAILABLE.
   * @param recheck throws if the caller lost its right during the wait.
   */
  async read(
    { of, by, isRefresh, arrivedAt, signal }: AllowedRead,
    recheck: () => void,
  ): Promise<StoredToken> {
    const mayServe = (now: StoredToken) => mayBeHandedOut(now) && (!isRefresh || isYoung(now));
    const inTurn = <T>(work: () => Promise<T>) => this.#inTurn({ caller: by.caller, signal }, work);
    const serve = (isGood: TokenReading['isGood']) =>
      inTurn(() =>
        this.tokens.serveToken({ of, by, isGood, mayHaveLostTimeOn: this.history.mayHaveLostTimeOn }),
      );
    const first = await serve((now) => mayServe(now) && !isEndingSoon(now));
    if (first.isServed) return first.stored as StoredToken;
    const before = authorized(of, first.stored);
    await inTurn(() => this.tokens.wantRenewal(of, before, isRefresh ? by : undefined));
    await this.#untilRenewed(of, arrivedAt + WAIT_MS, signal);
    recheck();
    const second = await serve(mayServe);
    if (second.isServed) return second.stored as StoredToken;
    authorized(of, second.stored);
    throw rpcError('TOKEN_NOT_AVAILABLE', `no worker has renewed the token of ${of.appid} within 4 s; retry`);
  }

  /** Runs what a read does in Postgres when it is the turn of its caller, unless nobody waits for it any more. */
  #inTurn<T>(
    { caller, signal }: { caller: string; signal: Cancellation },
    work: () => Promise<T>,
  ): Promise<T> {
    if (this.#turns.waiting === MAX_WAITING.inAll || this.#turns.waitingOf(caller) === MAX_WAITING.ofReader)
      throw rpcError('TOKEN_NOT_AVAILABLE', 'the gateway has more reads of tokens than it can answer; retry');
    return this.#turns.run(async () => {
      if (signal.aborted) throw signal.reason;
      return work();
    }, caller);
  }

  async #untilRenewed({ appid }: TokenOwner, until: number, signal: Cancellation): Promise<void> {
    const startedAt = performance.now();
    while (!signal.aborted && performance.now() < until && (await this.tokens.isRenewalAwaited(appid)));
    tokenWaitSeconds.observe({}, (performance.now() - startedAt) / 1000);
  }
}

function isYoung({ grantedMs, remainingMs }: StoredToken): boolean {
  return grantedMs - remainingMs <= RENEWED_LATELY_MS;
}

/** Throws if a renewal can bring no token. */
function authorized(
  { appid, isPlatform }: TokenOwner,
  stored: StoredToken | WithoutToken | undefined,
): StoredToken | WithoutToken {
  if (stored === undefined && isPlatform)
    throw rpcError('TOKEN_NOT_AVAILABLE', 'WeChat has not sent the platform a ticket yet');
  if (stored?.state !== 'AUTHORIZED')
    throw rpcError('NOT_AUTHORIZED', `${appid} ${WHY[stored?.state ?? 'unknown']}`);
  return stored;
}

const WHY = {
  unknown: 'never authorized the platform',
  UNAUTHORIZED: 'withdrew its authorization',
  NEEDS_AUTHORIZATION: 'must authorize the platform again',
};
