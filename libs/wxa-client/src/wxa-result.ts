import type { ErrorCategory } from './errcodes.js';

/** Why the call was turned away. `busy` (-1) alone does not rule out that WeChat acted. */
export type RetryableCause = 'busy' | 'rate' | 'token' | 'connect';

/** Why nobody can know whether WeChat acted. `intermediary`: a 4xx without an errcode that a proxy may have written. */
export type AmbiguousCause =
  | 'timeout'
  | 'reset'
  | 'http-status'
  | 'intermediary'
  | 'unreadable'
  | 'too-large'
  | 'aborted';

/** What went wrong, without a token or another secret in any of its texts. */
export interface WxaError {
  /** WeChat's code; 0 where WeChat gave none. */
  errcode: number;
  /** WeChat's message, cut at 1,000 characters, or ours where WeChat gave none. */
  errmsg: string;
  /** WeChat's request id, which its support asks for; empty where none was given. */
  rid: string;
  category: ErrorCategory;
  /** Whether the same call can succeed later without anybody changing anything. */
  retryable: boolean;
  /** What to do, in English, then WeChat's Chinese text of the code in square brackets where it has one. */
  hint: string;
  /** Stable UPPER_SNAKE name. */
  reason: string;
  /** The API called, e.g. `wxa/commit`. */
  api: string;
}

/**
 * What became of a call. Nothing is thrown.
 * `ok`: done. `error`: WeChat refused, for good. `retryable`: turned away, and nothing happened, but
 * with the cause `busy` WeChat may have acted all the same. `ambiguous`: WeChat may have acted and the answer is lost;
 * find out before doing it again.
 */
export type WxaResult<T> =
  | { kind: 'ok'; value: T }
  | { kind: 'error'; error: WxaError }
  | { kind: 'retryable'; cause: RetryableCause; error: WxaError }
  | { kind: 'ambiguous'; cause: AmbiguousCause; error: WxaError };

/** The value of a call that answers nothing but "done". */
export type Done = Record<string, never>;
