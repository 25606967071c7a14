import type { Call } from './call.js';
import type { MiniProgram } from './mini-program.js';
import type { Outcome } from './outcome.js';

export interface Api {
  /** The path without its first slash: the name in faults, ledger and limits. */
  name: string;
  verb: 'GET' | 'POST';
  /** A change must never run concurrently for one mini-program. */
  kind: 'change' | 'query';
  /** Called with the component token, or without one; by default with the mini-program's. */
  token?: 'component' | 'none' | undefined;
  /** Its body is a form, not JSON. */
  isForm?: true;
  run: (app: MiniProgram, call: Call) => Outcome;
}
