import type { Platform } from './platform.js';

/** One request as the state model gets it: authenticated, its body an object (`{}` for a GET). */
export interface Call {
  query: URLSearchParams;
  body: Record<string, unknown>;
  /** Epoch milliseconds. */
  now: number;
  /** The withdrawal quotas of one account, by Chinese calendar day and month. */
  undoQuota: { perDay: number; perMonth: number };
  platform: Platform;
}
