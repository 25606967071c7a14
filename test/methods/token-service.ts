import type { ServerResponse } from 'node:http';
import type { SimControl } from '@wxa/wechat-sim';
import { serve } from '../serve.js';

/** An HTTP status, a response without a token, or a reset connection. */
export type Trouble = number | 'garbage' | 'reset';

/** The platform's token endpoint: returns the simulator's tokens, or fails as a test requests. */
export class TokenService {
  /** Every query string, as in `?appid=…&refresh=1`. */
  readonly queries: string[] = [];
  readonly troubles = new Map<string, Trouble>();
  sim: SimControl | undefined;

  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<TokenService> {
    const { url, stop } = await serve(({ url = '' }, response) => void service.#answer(url, response));
    const service = new TokenService(`${url}/token`, stop);
    return service;
  }

  /** The requests for one mini-program, `refresh` or `get`, in order. */
  requests(appid: string): string[] {
    const its = this.queries.filter((query) => query.includes(appid));
    return its.map((query) => (query.includes('refresh=1') ? 'refresh' : 'get'));
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const query = new URL(url, this.url).searchParams;
    this.queries.push(`?${query}`);
    const appid = query.get('appid') ?? '';
    const trouble = this.troubles.get(appid);
    if (trouble === 'reset') response.destroy();
    else if (trouble === 'garbage') response.end('<html>');
    else if (trouble !== undefined) response.writeHead(trouble).end('{"access_token":"not-for-you"}');
    else response.end(JSON.stringify(await this.sim?.token(appid, query.has('refresh'))));
  }
}
