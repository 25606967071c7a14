import {
  isEndingSoon,
  mayBeHandedOut,
  type StoredToken,
  type TokenOwner,
  type TokenReading,
  type TokenStore,
  type WithoutToken,
} from '@wxa/authorizers';
import type { Store } from '@wxa/store';
import { rpcError } from '../errors/rpc-error.js';
import { tokenWaitSeconds } from '../metrics.js';

const WAIT_MS = 4_000;
/** A token that is younger is not renewed, although a reader says that WeChat rejected it. */
const RENEWED_LATELY_MS = 60_000;

/** A read that the policy allows. */
export interface AllowedRead extends Pick<TokenReading, 'of' | 'by'> {
  /** WeChat rejected the last token. */
  isRefresh: boolean;
}

/** The stored tokens for their readers. It never calls WeChat: workers renew the tokens. */
export class ServedTokens {
  constructor(
    private readonly tokens: Pick<TokenStore, 'serveToken' | 'wantRenewal' | 'isRenewalAwaited'>,
    private readonly history: Pick<Store['history'], 'mayHaveLostTimeOn'>,
  ) {}

  /**
   * The token, after a wait of 4 s at most if it must be renewed. Rejects with NOT_AUTHORIZED or TOKEN_NOT_AVAILABLE.
   * @param recheck throws if the caller lost its right during the wait.
   */
  async read({ of, by, isRefresh }: AllowedRead, recheck: () => void): Promise<StoredToken> {
    const isYoung = ({ grantedMs, remainingMs }: StoredToken) => grantedMs - remainingMs <= RENEWED_LATELY_MS;
    const first = await this.#serve({
      of,
      by,
      isGood: (now) => mayBeHandedOut(now) && !isEndingSoon(now) && (!isRefresh || isYoung(now)),
    });
    if (first.isServed) return first.stored as StoredToken;
    const before = authorized(of, first.stored);
    await this.tokens.wantRenewal(of, before, isRefresh ? by : undefined);
    await this.#untilRenewed(of);
    recheck();
    const isOther = ({ sealed }: StoredToken) => sealed !== before.sealed;
    const isGood = (now: StoredToken) => mayBeHandedOut(now) && (!isRefresh || isOther(now));
    const second = await this.#serve({ of, by, isGood });
    if (second.isServed) return second.stored as StoredToken;
    authorized(of, second.stored);
    throw rpcError('TOKEN_NOT_AVAILABLE', `no worker has renewed the token of ${of.appid} within 4 s; retry`);
  }

  #serve(reading: Omit<TokenReading, 'mayHaveLostTimeOn'>) {
    return this.tokens.serveToken({ ...reading, mayHaveLostTimeOn: this.history.mayHaveLostTimeOn });
  }

  async #untilRenewed({ appid }: TokenOwner): Promise<void> {
    const startedAt = performance.now();
    const waitedMs = () => performance.now() - startedAt;
    while (waitedMs() < WAIT_MS && (await this.tokens.isRenewalAwaited(appid)));
    tokenWaitSeconds.observe({}, waitedMs() / 1000);
  }
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
