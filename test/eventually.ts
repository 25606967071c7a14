import { setTimeout as delay } from 'node:timers/promises';

/** What a check came to that does not throw and is not false; it is tried until then, within a deadline. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  ms = 15_000,
): Promise<Exclude<Awaited<T>, false>> {
  const until = Date.now() + ms;
  for (;;) {
    try {
      const value = await check();
      if (value !== false) return value as Exclude<Awaited<T>, false>;
      throw new Error('still false');
    } catch (error) {
      if (Date.now() > until) throw error;
      await delay(50);
    }
  }
}
