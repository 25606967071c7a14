import type { Platform } from '../platform/platform.js';

/** One request as the state model sees it: already authenticated, its body an object (`{}` for a GET). */
export interface Call {
  query: URLSearchParams;
  body: Record<string, unknown>;
  /** Epoch milliseconds. */
  now: number;
  /** Withdrawals one account has, by Chinese calendar day and month. */
  undoQuota: { perDay: number; perMonth: number };
  platform: Platform;
}
