import { type CallOptions, EndpointCaller, type WxaClientOptions } from './endpoint-caller.js';
import * as audit from './endpoints/audit-endpoints.js';
import * as code from './endpoints/code-endpoints.js';
import * as component from './endpoints/component-endpoints.js';
import type { Endpoint } from './endpoints/endpoint.js';
import * as release from './endpoints/release-endpoints.js';
import * as template from './endpoints/template-endpoints.js';
import type { WxaResult } from './wxa-result.js';

const ENDPOINTS = { ...code, ...audit, ...release, ...component, ...template };

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
 * WeChat's code management APIs for one or many mini-programs, and the APIs for their tokens, over one keep-alive pool. Each
 * call is sent at most once and its promise never rejects; see `WxaResult` for the possible results. Any call may be rejected
 * with -1, 40001, 40014, 42001 (token), 45009, 45011 (too many calls), 48001, 61003 and 61007 (not authorized), in addition
 * to the codes named at each endpoint. Code management needs permission set 18. A source that is only a file name is relative to
 * https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/code-management/
 */
export type WxaClient = Calls & {
  /** Waits for the calls in flight and closes the connections; later calls are `retryable`, cause `connect`. Idempotent. */
  close(): Promise<void>;
};

/** Throws a TypeError if `baseUrl` is not a URL. */
export const WxaClient = class {
  constructor(options: WxaClientOptions) {
    const caller = new EndpointCaller(options);
    const calls = Object.entries<Endpoint<never, unknown>>(ENDPOINTS).map(([name, endpoint]) => [
      name,
      (request = {} as never, callOptions?: CallOptions) => caller.call(endpoint, request, callOptions),
    ]);
    Object.assign(this, Object.fromEntries(calls), { close: () => caller.close() });
  }
} as new (
  options: WxaClientOptions,
) => WxaClient;
