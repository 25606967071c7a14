import { createHash } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { Gcra } from '@wxa/service';

const PER_MINUTE_OF_ADDRESS = 20;
const FREE_ATTEMPTS = 5;
const FIRST_DELAY_MS = 12_000;
const MAX_DELAY_MS = 300_000;
/** Of each limit; the oldest are forgotten first. */
const MAX_REMEMBERED = 10_000;

/** Of a name from one address: its attempts since its last login, and when the next one is allowed. */
interface Failures {
  attempts: number;
  next: number;
}

/**
 * Limits the attempts to log in: 20 a minute of an address; of a name from that address 5 at once, each further one after twice
 * the delay of the one before, from 12 s to 5 min. Another address is not delayed, so that nobody is locked out by somebody else.
 */
export class LoginAttempts {
  readonly #ofAddress = new Map<string, Gcra>();
  readonly #ofName = new Map<string, Failures>();

  /** Counts an attempt before its password is checked. Returns the milliseconds until one is allowed; 0: this one is. */
  begin(name: string, address: string, now = performance.now()): number {
    const perSecond = PER_MINUTE_OF_ADDRESS / 60;
    const limit = remembered(this.#ofAddress, address, () => new Gcra(perSecond, PER_MINUTE_OF_ADDRESS));
    const waitMs = limit.tryAcquire(now);
    if (waitMs > 0) return waitMs;
    const failures = remembered(this.#ofName, keyOf(name, address), () => ({ attempts: 0, next: now }));
    if (failures.next > now) return failures.next - now;
    failures.attempts += 1;
    const doublings = failures.attempts - FREE_ATTEMPTS;
    if (doublings >= 0) failures.next = now + Math.min(FIRST_DELAY_MS * 2 ** doublings, MAX_DELAY_MS);
    return 0;
  }

  /** A login that succeeded does not count, nor do those of its name before it. */
  succeeded(name: string, address: string): void {
    this.#ofAddress.get(address)?.giveBack();
    this.#ofName.delete(keyOf(name, address));
  }
}

function remembered<T>(all: Map<string, T>, key: string, create: () => T): T {
  const value = all.get(key) ?? create();
  all.set(key, value);
  const [oldest] = all.keys();
  if (all.size > MAX_REMEMBERED && oldest !== undefined) all.delete(oldest);
  return value;
}

/** Short, however long the name is. */
function keyOf(name: string, address: string): string {
  return createHash('sha256')
    .update(JSON.stringify([name, address]))
    .digest('base64url');
}

/** What one visitor controls: an IPv4 address, or the /64 of an IPv6 address, in which anybody has more addresses than can be counted. */
export function networkOf(address: string): string {
  const mapped = address.replace(/^::ffff:/i, '');
  if (isIPv4(mapped) || !isIPv6(address)) return mapped;
  const [before = '', after] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const [first, last] = [groups(before), groups(after ?? '')];
  const zeros = after === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':');
}
