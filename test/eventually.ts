import { setTimeout as delay } from 'node:timers/promises';

/** The result of a check once it neither throws nor returns false; it is retried until the deadline. */
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
