import type { MiniProgram } from './mini-program.js';
import type { Outcome } from './outcome.js';
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
  /** Counts the open audits of all mini-programs. */
  openAudits: () => number;
}

export interface ApiDefinition {
  /** The path without its first slash: the name in faults, ledger and limits. */
  name: string;
  verb: 'GET' | 'POST';
  /** A change must never run concurrently for one mini-program. */
  kind: 'change' | 'query';
  /** A change that is a query with `"action":"get"` in its body. */
  hasAction?: true;
  /** Called with the component token, or without one; by default with the mini-program's. */
  token?: 'component' | 'none' | undefined;
  /** Its body is a form, not JSON. */
  isForm?: true;
  run: (app: MiniProgram, call: Call) => Outcome;
}
