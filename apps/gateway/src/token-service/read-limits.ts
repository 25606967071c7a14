import { type RpcError, rpcError } from '../errors/rpc-error.js';

const READS = 60;
const WINDOW_MS = 60_000;
/** Of all callers; the oldest are dropped. */
const MAX_WINDOWS = 100_000;

/** Limits the reads of one token by one caller, who is to keep it: 60 a minute, from its first read on. */
export class ReadLimits {
  readonly #windows = new Map<string, { endsAt: number; reads: number }>();

  /** @param now milliseconds, monotonic. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Counts a read. Returns the error if it is one too many. */
  exceededBy(caller: string, appid: string): RpcError | undefined {
    const window = this.#window(`${caller} ${appid}`);
    window.reads += 1;
    if (window.reads <= READS) return undefined;
    const message = `caller ${caller} has read the token of ${appid} ${READS} times within a minute`;
    return rpcError('TOKEN_READ_TOO_OFTEN', message, {
      ...{ caller, method: 'Tokens/GetAccessToken' },
      retryAfterMs: Math.ceil(window.endsAt - this.now()),
    });
  }

  #window(key: string) {
    const known = this.#windows.get(key);
    if (known !== undefined && this.now() < known.endsAt) return known;
    const window = { endsAt: this.now() + WINDOW_MS, reads: 0 };
    this.#windows.delete(key);
    this.#windows.set(key, window);
    if (this.#windows.size > MAX_WINDOWS) this.#windows.delete(this.#windows.keys().next().value ?? '');
    return window;
  }
}
