import type { Method, RequestOf, ResultOf } from '@wxa/contracts';
import type { WxaClient, WxaResult } from '@wxa/wxa-client';

/** What a handler has to call WeChat with, for one mini-program. */
export interface Wechat {
  client: WxaClient;
  /** Of every call: the token, and the longest time of one call. */
  options: { token: string; timeoutMs: number };
  /** The version of an audit submitted by this service; empty where it is not known. */
  versionOfAudit(auditId: bigint): Promise<string>;
}

/** What a handler came to; `notSent`: the call itself was not made, as where a guard forbids it. */
export type Handled<T> = WxaResult<T> & { notSent?: true };

/** How one method is done. */
export interface Handler<M extends Method> {
  /** The API it calls, for the rate limits. */
  api: string;
  /** Its longest time, in times of one call. */
  maxCalls: number;
  handle(request: RequestOf<M>, wechat: Wechat): Promise<Handled<ResultOf<M>>>;
}
