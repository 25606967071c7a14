import type { Method, RequestOf, ResultOf } from '@wxa/contracts';
import type { KeptMedia, TokenStore } from '@wxa/store';
import type { CallOptions, WxaClient, WxaResult } from '@wxa/wxa-client';

/** What a handler has to call WeChat with, for one mini-program. */
export interface CallContext {
  client: WxaClient;
  /** Of every call: the token, the longest time of one call, until when it may be sent, and who learns from its answer. */
  options: CallOptions & { token: string; timeoutMs: number; readonly notAfter: number };
  /** The version of an audit submitted by this service; empty where it is not known. */
  versionOfAudit(auditId: bigint): Promise<string>;
  /** The file that is kept for this operation; undefined where there is none. */
  attachment(): Promise<KeptMedia | undefined>;
  /** What the platform is entrusted with; undefined where tokens come from elsewhere. */
  tokenStore: TokenStore | undefined;
  /** A try before this one may have been sent. */
  isRetry: boolean;
}

/** What a handler came to; `sent: false`: the call itself was not made, for example because its precondition forbids it. */
export type CallResult<T> = WxaResult<T> & { sent?: false };

/** How one method is done. */
export interface Handler<M extends Method> {
  /** The API it calls, for the rate limits. */
  api: string;
  /** Its longest time, in times of one call. */
  timeoutFactor: number;
  handle(request: RequestOf<M>, wechat: CallContext): Promise<CallResult<ResultOf<M>>>;
  /** Asks, right before the call, whether it may be made. */
  precondition?: Precondition<M>;
}

/** A question whose answer can forbid a call. */
export interface Precondition<M extends Method> {
  /** The API it asks, for the rate limits. */
  api: string;
  applies(request: RequestOf<M>): boolean;
  /** What the operation comes to without its call; undefined: the call may be made. */
  check(request: RequestOf<M>, wechat: CallContext): Promise<CallResult<never> | undefined>;
}
