import type { ErrcodeInfo } from './errcodes/errcodes.js';

/** Why a call is retryable. Only after `busy` (-1) WeChat may have executed it. */
export type RetryableCause = 'busy' | 'rate' | 'token' | 'connect';

/** Why it is unknown whether WeChat executed a call. `intermediary`: a 4xx without an errcode, perhaps of a proxy. */
export type AmbiguousCause =
  | 'timeout'
  | 'reset'
  | 'http-status'
  | 'intermediary'
  | 'unreadable'
  | 'too-large'
  | 'aborted';

/** An error; its texts contain no token and no other secret. */
export interface WxaError extends Pick<ErrcodeInfo, 'category' | 'retryable' | 'reason'> {
  /** The errcode is WeChat's; 0 if WeChat returned none. */
  errcode: number;
  /** WeChat's message, truncated to 1,000 characters, or a message of this client. */
  errmsg: string;
  /** WeChat's request id, for WeChat support; empty if WeChat returned none. */
  rid: string;
  /** What to do, in English; of an errcode followed by the same in Chinese in square brackets. */
  hint: string;
  /** The API called, e.g. `wxa/commit`. */
  api: string;
}

/**
 * The result of a call; nothing is thrown.
 * - `ok`: executed.
 * - `error`: permanently rejected.
 * - `retryable`: not executed, except that with the cause `busy` WeChat may have executed it.
 * - `ambiguous`: the outcome is unknown; check WeChat's state before a retry.
 */
export type WxaResult<T> =
  | { kind: 'ok'; value: T }
  | { kind: 'error'; error: WxaError }
  | { kind: 'retryable'; cause: RetryableCause; error: WxaError }
  | { kind: 'ambiguous'; cause: AmbiguousCause; error: WxaError };

/** A call without result data has this value. */
export type Done = Record<string, never>;
