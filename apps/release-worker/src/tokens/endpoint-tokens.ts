import { request } from 'undici';
import { z } from 'zod';
import type { TokenAnswer, TokenSource } from './token-source.js';

const TIMEOUT_MS = 5_000;
const MAX_TOKENS = 100_000;
const MAX_BODY_BYTES = 64 * 1024;
/** A token is asked for again this long before it ends. */
const EARLY_MS = 60_000;

const body = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });

/**
 * Tokens of the platform's own token service: GET `<url>?appid=…` answers `{"access_token", "expires_in"}` (in
 * seconds), with `&refresh=1` after WeChat refused the last one; 404 = unknown appid.
 */
export class EndpointTokens implements TokenSource {
  readonly #known = new Map<string, { token: string; until: number }>();
  /** One question per mini-program at a time; the others wait for its answer. */
  readonly #asked = new Map<string, Promise<TokenAnswer>>();

  constructor(private readonly url: string) {}

  get(appid: string): Promise<TokenAnswer> {
    const known = this.#known.get(appid);
    if (known !== undefined && performance.now() < known.until) {
      return Promise.resolve({ kind: 'token', token: known.token });
    }
    return this.#ask(appid, false);
  }

  refresh(appid: string, refused: string): Promise<TokenAnswer> {
    const known = this.#known.get(appid);
    // Another lane may have refreshed it meanwhile.
    if (known !== undefined && known.token !== refused) return this.get(appid);
    this.#known.delete(appid);
    return this.#ask(appid, true);
  }

  #ask(appid: string, refresh: boolean): Promise<TokenAnswer> {
    const asked = this.#asked.get(appid);
    if (asked !== undefined) return asked;
    const answer = this.#fetch(appid, refresh).finally(() => this.#asked.delete(appid));
    this.#asked.set(appid, answer);
    return answer;
  }

  async #fetch(appid: string, refresh: boolean): Promise<TokenAnswer> {
    const url = new URL(this.url);
    url.searchParams.set('appid', appid);
    if (refresh) url.searchParams.set('refresh', '1');
    try {
      const response = await request(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const text = await readLimited(response.body);
      if (response.statusCode === 404) return { kind: 'not-authorized' };
      if (response.statusCode !== 200) return unavailable(`it answered ${response.statusCode}`);
      const parsed = body.safeParse(JSON.parse(text));
      return parsed.success ? this.#keep(appid, parsed.data) : unavailable('its answer has no access_token');
    } catch (error) {
      return unavailable(error instanceof Error ? error.name : 'it failed');
    }
  }

  #keep(appid: string, { access_token: token, expires_in: seconds }: z.infer<typeof body>): TokenAnswer {
    if (this.#known.size >= MAX_TOKENS) this.#known.clear();
    const ms = seconds * 1000;
    this.#known.set(appid, { token, until: performance.now() + Math.max(ms - EARLY_MS, ms / 2) });
    return { kind: 'token', token };
  }
}

async function readLimited(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error('its answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Never the answer's text: it may hold a token. */
function unavailable(why: string): TokenAnswer {
  return { kind: 'unavailable', why: `the token service is not available: ${why}` };
}
