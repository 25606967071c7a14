import type { Dispatcher } from 'undici';
import * as account from './endpoints/account-endpoints.js';
import * as audit from './endpoints/audit-endpoints.js';
import * as authorizer from './endpoints/authorizer-endpoints.js';
import * as code from './endpoints/code-endpoints.js';
import * as component from './endpoints/component-endpoints.js';
import * as domain from './endpoints/domain-endpoints.js';
import type { Endpoint } from './endpoints/endpoint.js';
import { type ListedRequest, listedEndpoint } from './endpoints/listed-endpoints.js';
import * as platformDomain from './endpoints/platform-domain-endpoints.js';
import * as privacy from './endpoints/privacy-endpoints.js';
import * as release from './endpoints/release-endpoints.js';
import * as template from './endpoints/template-endpoints.js';
import { connectionsTo, exchange, percentEncode } from './transport/http-exchange.js';
import { multipart } from './transport/multipart.js';
import { formatObject } from './transport/wechat-json.js';
import { classifyAnswer, classifyFailure, tokenUnavailable, type WxaResult } from './wxa-result.js';

export interface WxaClientOptions {
  /** `https://api.weixin.qq.com`, or a simulator; may have a path, which is the prefix of WeChat's paths. */
  baseUrl: string;
  /** The default access token: the authorizer's, or the component's. */
  token?: string;
  /** This limits a whole call, from the wait for a connection to the last byte. The default is 10,000. */
  timeoutMs?: number;
  /** A response has at most this size. The default is 4 MiB; a trial QR code has about 350 KB. */
  maxResponseBytes?: number;
  /** Maximum number of keep-alive connections; further calls wait for one within their time-out. Default 64. */
  connections?: number;
  /** An `http` or `https` proxy, with percent-encoded credentials if it needs them: each connection is a CONNECT tunnel. */
  proxyUrl?: string | undefined;
  /** Called with the result of each attempted call, its API and its duration; its value may contain tokens. Must not throw. */
  onResult?: (result: WxaResult<unknown>, api: string, seconds: number) => void;
}

/** How a call was made. */
export interface CallFacts {
  method: 'GET' | 'POST';
  /** HTTP status of the response; undefined without one. */
  status: number | undefined;
  /** The time counts from the wait for a connection to the last byte. */
  seconds: number;
}

export interface CallOptions {
  token?: string;
  timeoutMs?: number;
  /** A call that is not sent by this time of performance.now() is dropped: `retryable`, cause `connect`. It was not attempted. */
  notAfter?: number;
  /** Asked for the API of a call when its first byte is about to be written. If true, the call is dropped as after `notAfter`. */
  isWithdrawn?: (api: string) => boolean;
  /** Aborts the call; the result is ambiguous if it was sent before. */
  signal?: AbortSignal;
  /** Called with the result and the API of the call if it was attempted. Must not throw. */
  onResult?: (result: WxaResult<unknown>, api: string, facts: CallFacts) => void;
}

/** Our own reasons, which say nothing about WeChat. */
const NOT_ATTEMPTED: ReadonlySet<string> = new Set(['TOO_LATE', 'WITHDRAWN']);

/** Calls endpoints over one keep-alive pool. Each call is sent at most once and always returns a result. */
class EndpointCaller {
  private readonly pool: Dispatcher;
  private isClosed = false;
  private readonly pathPrefix: string;
  private readonly options: Required<Omit<WxaClientOptions, 'connections' | 'proxyUrl'>>;

  /** Throws a TypeError if `baseUrl` or `proxyUrl` is not a URL. */
  constructor(options: WxaClientOptions) {
    const { baseUrl, token = '', timeoutMs = 10_000, maxResponseBytes = 4 * 1024 * 1024 } = options;
    const { onResult = () => undefined, connections = 64, proxyUrl } = options;
    const url = new URL(baseUrl);
    this.options = { baseUrl, token, timeoutMs, maxResponseBytes, onResult };
    this.pathPrefix = url.pathname.replace(/\/+$/, '');
    this.pool = connectionsTo(url.origin, { connections, timeoutMs, proxyUrl });
  }

  /** Waits for the calls in flight and closes the connections; later calls are `retryable`, cause `connect`. Idempotent. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.pool.close();
  }

  /** Never rejects. */
  async call<Request, T>(
    endpoint: Endpoint<Request, T>,
    request: Request,
    options: CallOptions = {},
  ): Promise<WxaResult<T>> {
    const { timeoutMs = this.options.timeoutMs, notAfter, isWithdrawn, signal } = options;
    const token = endpoint.withoutToken ? '' : (options.token ?? this.options.token);
    if (!token && !endpoint.withoutToken) return { kind: 'error', error: tokenUnavailable(endpoint.api) };
    const body = bodyOf(endpoint, request);
    const method = body === undefined ? 'GET' : 'POST';
    const startedAt = performance.now();
    const outcome = await exchange(this.pool, {
      method,
      path: `${this.pathPrefix}/${endpoint.api}?${queryOf(token, endpoint.query?.(request))}`,
      ...body,
      timeoutMs,
      maxResponseBytes: this.options.maxResponseBytes,
      notAfter,
      isWithdrawn: isWithdrawn && (() => isWithdrawn(endpoint.api)),
      signal,
    });
    const result: WxaResult<T> =
      outcome.kind === 'failed'
        ? classifyFailure(endpoint.api, outcome)
        : classifyAnswer(endpoint, request, outcome, token);
    if (outcome.kind === 'failed' && NOT_ATTEMPTED.has(outcome.code)) return result;
    const status = outcome.kind === 'answer' ? outcome.status : undefined;
    const seconds = (performance.now() - startedAt) / 1000;
    this.options.onResult(result, endpoint.api, seconds);
    options.onResult?.(result, endpoint.api, { method, status, seconds });
    return result;
  }
}

function bodyOf<Request>({ body, rawBody, form }: Endpoint<Request, unknown>, request: Request) {
  if (form !== undefined) return multipart(form(request));
  if (rawBody !== undefined) return { body: rawBody(request) };
  // As bytes: undici would convert a text and retain it until the response.
  return body && { body: Buffer.from(formatObject(body(request))) };
}

/** Encoded exactly once, including the `/`, `?` and `=` of a page path, as in WeChat's example. */
function queryOf(token: string, query: Record<string, string | undefined> = {}): string {
  return Object.entries({ access_token: token, ...query })
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}=${percentEncode(value ?? '')}`)
    .join('&');
}

const ENDPOINTS = {
  ...code,
  ...audit,
  ...authorizer,
  ...release,
  ...component,
  ...template,
  ...domain,
  ...platformDomain,
  ...privacy,
  ...account,
};

/** A request without required fields may be omitted. */
type Call<Request, Value> =
  Record<string, never> extends Request
    ? (request?: Request, options?: CallOptions) => Promise<WxaResult<Value>>
    : (request: Request, options?: CallOptions) => Promise<WxaResult<Value>>;

type Calls = {
  [Name in keyof typeof ENDPOINTS]: (typeof ENDPOINTS)[Name] extends Endpoint<infer Request, infer Value>
    ? Call<Request, Value>
    : never;
};

/**
 * WeChat's code management APIs for one or many mini-programs, those that set up a mini-program for its release, and the APIs
 * for their tokens, over one keep-alive pool. Each call is sent at most once and its promise never rejects; see `WxaResult` for
 * the possible results. Any call may be rejected with -1, 40001, 40014, 42001 (token), 45009, 45011 (too many calls), 48001,
 * 61003 and 61007 (not authorized), in addition to the codes named at each endpoint. Code management and setup need permission
 * set 18 unless another is named. A source that is only a file name is relative to
 * https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/code-management/
 */
export type WxaClient = Calls & {
  /** Calls an API that has no method here. Its value is the answer as JSON, in which secrets are replaced by an empty text. */
  listedCall(request: ListedRequest, options?: CallOptions): Promise<WxaResult<string>>;
  /** Waits for the calls in flight and closes the connections; later calls are `retryable`, cause `connect`. Idempotent. */
  close(): Promise<void>;
};

/** Throws a TypeError if `baseUrl` or `proxyUrl` is not a URL. */
export const WxaClient = class {
  constructor(options: WxaClientOptions) {
    const caller = new EndpointCaller(options);
    const calls = Object.entries<Endpoint<never, unknown>>(ENDPOINTS).map(([name, endpoint]) => [
      name,
      (request = {} as never, callOptions?: CallOptions) => caller.call(endpoint, request, callOptions),
    ]);
    const listedCall = (request: ListedRequest, options?: CallOptions) =>
      caller.call(listedEndpoint(request), request, options);
    Object.assign(this, Object.fromEntries(calls), { listedCall, close: () => caller.close() });
  }
} as new (
  options: WxaClientOptions,
) => WxaClient;
