import type { TlsFiles } from '@wxa/service';
import { Agent, type Dispatcher, request } from 'undici';
import { z } from 'zod';
import type { TokenAnswer, TokenSource } from './token-source.js';

const TIMEOUT_MS = 5_000;
const MAX_TOKENS = 100_000;
const MAX_BODY_BYTES = 64 * 1024;
/** A token is requested again this long before it expires. */
const EARLY_MS = 60_000;

const UNKNOWN = 'the token service does not know it (404)';

const body = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });

/**
 * Tokens of the platform's own token service: GET `<url>?appid=…` returns `{"access_token", "expires_in"}` (in
 * seconds), with `&refresh=1` after WeChat rejected the last one; 404 = unknown appid.
 */
export class EndpointTokens implements TokenSource {
  readonly #tokens = new Map<string, { token: string; until: number }>();
  /** One request per mini-program at a time, shared by all waiters. */
  readonly #inFlight = new Map<string, Promise<TokenAnswer>>();

  #dispatcher: Dispatcher | undefined;

  /**
   * @param onAnswer the service gave a token for an appid, or, with a reason, does not know it.
   * @param access `key`: sent as a bearer token. `tls`: the CAs that verify the service, instead of those of the system.
   */
  constructor(
    private readonly url: string,
    private readonly onAnswer: (appid: string, why: string | null) => Promise<void>,
    private readonly access: { key?: string | undefined; tls?: TlsFiles | undefined } = {},
  ) {
    const { tls } = access;
    if (tls === undefined) return;
    this.#dispatcher = new Agent({ connect: { ca: tls.current.ca ?? '' } });
    tls.onChange(({ ca = '' }) => {
      void this.#dispatcher?.close();
      this.#dispatcher = new Agent({ connect: { ca } });
    });
  }

  get(appid: string): Promise<TokenAnswer> {
    const known = this.#tokens.get(appid);
    if (known !== undefined && performance.now() < known.until) {
      return Promise.resolve({ kind: 'token', token: known.token });
    }
    return this.#request(appid, false);
  }

  async refresh(appid: string, rejected: string): Promise<TokenAnswer> {
    // A request that began before the rejection may return the rejected token.
    await this.#inFlight.get(appid);
    const known = this.#tokens.get(appid);
    // Another lane may have refreshed it meanwhile.
    if (known !== undefined && known.token !== rejected) return this.get(appid);
    this.#tokens.delete(appid);
    return this.#request(appid, true);
  }

  async recheckNow(appid: string): Promise<boolean> {
    return (await this.#request(appid, false)).kind === 'token';
  }

  #request(appid: string, refresh: boolean): Promise<TokenAnswer> {
    const inFlight = this.#inFlight.get(appid);
    if (inFlight !== undefined) return inFlight;
    const answer = this.#follow(appid, refresh).finally(() => this.#inFlight.delete(appid));
    this.#inFlight.set(appid, answer);
    return answer;
  }

  async #follow(appid: string, refresh: boolean): Promise<TokenAnswer> {
    const answer = await this.#fetch(appid, refresh);
    if (answer.kind !== 'unavailable') await this.onAnswer(appid, answer.kind === 'token' ? null : UNKNOWN);
    return answer;
  }

  async #fetch(appid: string, refresh: boolean): Promise<TokenAnswer> {
    const url = new URL(this.url);
    url.searchParams.set('appid', appid);
    if (refresh) url.searchParams.set('refresh', '1');
    try {
      const { key } = this.access;
      const response = await request(url, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
        ...(this.#dispatcher && { dispatcher: this.#dispatcher }),
      });
      const text = await readLimited(response.body);
      if (response.statusCode === 404) return { kind: 'not-authorized', why: UNKNOWN };
      if (response.statusCode !== 200) return unavailable(`status ${response.statusCode}`);
      const parsed = body.safeParse(JSON.parse(text));
      return parsed.success ? this.#cache(appid, parsed.data) : unavailable('no access_token in response');
    } catch (error) {
      return unavailable(error instanceof Error ? error.name : 'request failed');
    }
  }

  #cache(appid: string, { access_token: token, expires_in: seconds }: z.infer<typeof body>): TokenAnswer {
    if (this.#tokens.size >= MAX_TOKENS) this.#tokens.clear();
    const ms = seconds * 1000;
    this.#tokens.set(appid, { token, until: performance.now() + Math.max(ms - EARLY_MS, ms / 2) });
    return { kind: 'token', token };
  }
}

async function readLimited(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('response too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Never contains the response's text, which may hold a token. */
function unavailable(why: string): TokenAnswer {
  return { kind: 'unavailable', why: `token service unavailable: ${why}` };
}
