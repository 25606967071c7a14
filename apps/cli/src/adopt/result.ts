import type { AppSettings } from './settings.js';

/** One line of `wxa adopt check`. */
export interface Result {
  check: string;
  result: 'ok' | 'warn' | 'fail';
  detail: string;
  /** What to do; empty if there is nothing to do. */
  next: string;
}

export type AdoptionResult = Omit<Result, 'check'>;

export const ok = (detail: string): AdoptionResult => ({ result: 'ok', detail, next: '' });
export const warn = (detail: string, next: string): AdoptionResult => ({ result: 'warn', detail, next });
export const fail = (detail: string, next: string): AdoptionResult => ({ result: 'fail', detail, next });

/** A check could not be made. */
export const notChecked = (missing: string): AdoptionResult =>
  warn(`not checked: ${missing} is not set`, 'run it in the environment of the apps');

/** What the checks read. */
export interface Tools {
  env: AppSettings;
  /** The step that is to be taken; undefined: all. */
  step: number | undefined;
  /** The rows of a statement, on the database of the apps. */
  rows<T extends object>(text: string, values?: unknown[]): Promise<T[]>;
  options: {
    /** The public callback URL, with $APPID$. */
    url: string | undefined;
    /** How long to wait for debug_demo. */
    waitMs: number;
    debugDemo: boolean;
    send: boolean;
    group: string | undefined;
  };
}

export interface AdoptionCheck {
  name: string;
  /** The steps before which it is made. */
  steps: readonly number[];
  /** Rejects if what it reads is not available, which is a failure. */
  run(tools: Tools): Promise<AdoptionResult | AdoptionResult[]>;
}
