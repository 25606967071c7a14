import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Gcra } from '@wxa/service';

const PER_MINUTE = 5;
/** The oldest are forgotten first; to check this many passwords takes longer than their limits last. */
const MAX_REMEMBERED = 10_000;

/** Limits the attempts to log in for each name and address: 5 at once and 5 a minute. */
@Injectable()
export class LoginAttempts {
  readonly #limits = new Map<string, Gcra>();

  /** Counts an attempt before its password is checked. Returns the milliseconds until one is allowed; 0: this one is. */
  begin(name: string, address: string, now = performance.now()): number {
    const key = keyOf(name, address);
    const limit = this.#limits.get(key) ?? new Gcra(PER_MINUTE / 60, PER_MINUTE);
    this.#limits.set(key, limit);
    if (this.#limits.size > MAX_REMEMBERED) this.#forgetOldest();
    return limit.tryAcquire(now);
  }

  /** A login that succeeded does not count, nor do those before it. */
  succeeded(name: string, address: string): void {
    this.#limits.delete(keyOf(name, address));
  }

  #forgetOldest(): void {
    const [oldest] = this.#limits.keys();
    if (oldest !== undefined) this.#limits.delete(oldest);
  }
}

/** Short, however long the name is. */
function keyOf(name: string, address: string): string {
  return createHash('sha256')
    .update(JSON.stringify([name, address]))
    .digest('base64url');
}
