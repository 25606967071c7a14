import { Pool } from 'undici';
import { classifyAnswer, classifyFailure } from './classify.js';
import type { Endpoint } from './endpoints/endpoint.js';
import { exchange } from './http-exchange.js';
import { multipart } from './multipart.js';
import { percentEncode } from './percent-encode.js';
import { formatObject } from './wechat-json.js';
import { tokenUnavailable } from './wxa-error.js';
import type { WxaResult } from './wxa-result.js';

export interface WxaClientOptions {
  /** `https://api.weixin.qq.com`, or a stand-in; may have a path, which is put before WeChat's. */
  baseUrl: string;
  /** The access token of the calls that give none of their own: the authorizer's, or the component's. */
  token?: string;
  /** For a whole call, from waiting for a connection to the last byte. Default 10,000. */
  timeoutMs?: number;
  /** Of one answer. Default 4 MiB; a trial QR code has some 350 KB. */
  maxResponseBytes?: number;
  /** At most so many at once, kept alive; further calls wait for one within their time. Default 64. */
  connections?: number;
  /** Hears what became of each call that was tried; the value may hold tokens. Must not throw. */
  onResult?: (result: WxaResult<unknown>) => void;
}

export interface CallOptions {
  token?: string;
  timeoutMs?: number;
  /** An instant by performance.now(); a call that could not be sent by then is dropped: `retryable`, cause `connect`. */
  notAfter?: number;
  /** Ends the call at once; it is ambiguous if it was sent by then. */
  signal?: AbortSignal;
  /** Hears what became of the call, where it was tried, and of which API. Must not throw. */
  onResult?: (result: WxaResult<unknown>, api: string) => void;
}

/** How an endpoint is called: over one keep-alive pool, sent once at most, with a result whatever happens. */
export class EndpointCaller {
  private readonly pool: Pool;
  private readonly pathPrefix: string;
  private readonly options: Required<Omit<WxaClientOptions, 'connections'>>;

  /** Throws a TypeError where `baseUrl` is none. */
  constructor(options: WxaClientOptions) {
    const { baseUrl, token = '', timeoutMs = 10_000, maxResponseBytes = 4 * 1024 * 1024 } = options;
    const { onResult = () => undefined } = options;
    const url = new URL(baseUrl);
    this.options = { baseUrl, token, timeoutMs, maxResponseBytes, onResult };
    this.pathPrefix = url.pathname.replace(/\/+$/, '');
    this.pool = new Pool(url.origin, {
      connections: options.connections ?? 64,
      pipelining: 1,
      connect: { timeout: timeoutMs },
    });
  }

  /** Waits for the calls in flight and closes the connections, once; later calls are `retryable`, cause `connect`. */
  async close(): Promise<void> {
    if (!this.pool.closed) await this.pool.close();
  }

  /** Never rejects. */
  async call<Request, T>(
    endpoint: Endpoint<Request, T>,
    request: Request,
    options: CallOptions = {},
  ): Promise<WxaResult<T>> {
    const { timeoutMs = this.options.timeoutMs, notAfter, signal } = options;
    const token = endpoint.withoutToken ? '' : (options.token ?? this.options.token);
    if (!token && !endpoint.withoutToken) return { kind: 'error', error: tokenUnavailable(endpoint.api) };
    const body = bodyOf(endpoint, request);
    const outcome = await exchange(this.pool, {
      method: body === undefined ? 'GET' : 'POST',
      path: `${this.pathPrefix}/${endpoint.api}?${queryOf(token, endpoint.query?.(request))}`,
      ...body,
      timeoutMs,
      maxResponseBytes: this.options.maxResponseBytes,
      notAfter,
      signal,
    });
    const result: WxaResult<T> =
      outcome.kind === 'failed'
        ? classifyFailure(endpoint.api, outcome)
        : classifyAnswer(endpoint, request, outcome, token);
    this.options.onResult(result);
    options.onResult?.(result, endpoint.api);
    return result;
  }
}

function bodyOf<Request>({ body, form }: Endpoint<Request, unknown>, request: Request) {
  if (form !== undefined) return multipart(form(request));
  // As bytes: undici would make them, and keep the text beside them until the answer.
  return body && { body: Buffer.from(formatObject(body(request))) };
}

/** Encoded exactly once; WeChat's example encodes the `/`, `?` and `=` of a page path too. */
function queryOf(token: string, query: Record<string, string | undefined> = {}): string {
  return Object.entries({ access_token: token, ...query })
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}=${percentEncode(value ?? '')}`)
    .join('&');
}
