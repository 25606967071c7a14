import { setTimeout as delay } from 'node:timers/promises';

/** The result of a check once it neither throws nor returns false. The deadline only ends what would never succeed. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  ms = 60_000,
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
