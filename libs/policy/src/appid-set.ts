import { isAppid } from '@wxa/wxa-client';

const PREFIX = /^wx[0-9a-f]{0,15}\*$/;

/** Whether a text is a pattern of appids: an appid, or a prefix of one followed by `*`. */
export function isPattern(text: string): boolean {
  return isAppid(text) || PREFIX.test(text);
}

/** A set of appids, given by patterns or as `all`. */
export class AppidSet {
  readonly #exact = new Set<string>();
  /** By length, because a set from a file can have 100,000 of them. */
  readonly #prefixes = new Map<number, Set<string>>();

  /** @param patterns appids, and prefixes followed by `*`. @param isOfPlatform the set was given as `component: true`. */
  constructor(
    readonly patterns: readonly string[] | 'all',
    readonly isOfPlatform = false,
  ) {
    if (patterns === 'all') return;
    for (const pattern of patterns) {
      if (pattern.endsWith('*')) this.#addPrefix(pattern.slice(0, -1));
      else this.#exact.add(pattern);
    }
  }

  has(appid: string): boolean {
    if (this.patterns === 'all' || this.#exact.has(appid)) return true;
    for (const [length, prefixes] of this.#prefixes)
      if (appid.length >= length && prefixes.has(appid.slice(0, length))) return true;
    return false;
  }

  #addPrefix(prefix: string): void {
    const known = this.#prefixes.get(prefix.length);
    if (known === undefined) this.#prefixes.set(prefix.length, new Set([prefix]));
    else known.add(prefix);
  }
}
