import type { ComponentChildren } from 'preact';
import type { Failure } from '../gateway/failure.js';
import { localPath } from './local-path.js';

/** What a page's method returns: the content of a page, or where the browser goes after a POST. */
export type View = PageView | SeeOther;

export interface PageView {
  /** Of the page, and its heading. */
  title: string;
  body: ComponentChildren;
  /** 200 unless set, or that of the failure. */
  status?: number;
  /** Why the gateway refused what the page asked for; its content says so. */
  failure?: Failure | undefined;
  /** Links to the pages above this one. */
  above?: readonly { href: string; title: string }[];
  /** Beside the heading: what can be done on this page. */
  actions?: ComponentChildren;
  /** Where the fragments of this page come from while it is open; see ui/live.tsx. */
  live?: string;
  headers?: Readonly<Record<string, string>>;
}

/** Answers 303. */
export class SeeOther {
  readonly location: string;

  /** @param to a path of the console (any other text becomes `/`), or a URL that no request has chosen. */
  constructor(to: string | URL) {
    this.location = to instanceof URL ? to.href : localPath(to);
  }
}

/** Thrown where a page finds that it is not the one to show: the browser goes there instead. */
export class Elsewhere extends Error {
  constructor(readonly path: string) {
    super(`see ${path}`);
  }
}

/** Without a login. */
export class LoginRequired extends Error {}

/** With a role or an origin that may not do this. */
export class Forbidden extends Error {
  /** @param cause for the log; the page does not say it. */
  constructor(override readonly cause: 'role' | 'origin' | 'form token') {
    super(`refused: ${cause}`);
  }
}
