import type { ErrorCategory } from './errcodes/errcodes.js';

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
export interface WxaError {
  /** The errcode is WeChat's; 0 if WeChat returned none. */
  errcode: number;
  /** WeChat's message, truncated to 1,000 characters, or a message of this client. */
  errmsg: string;
  /** WeChat's request id, for WeChat support; empty if WeChat returned none. */
  rid: string;
  category: ErrorCategory;
  /** Whether the same call can succeed later without any other change. */
  retryable: boolean;
  /** What to do, in English, followed by WeChat's Chinese text in square brackets, if any. */
  hint: string;
  /** The name is stable, in UPPER_SNAKE. */
  reason: string;
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
