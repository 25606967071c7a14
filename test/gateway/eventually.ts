import { setTimeout as delay } from 'node:timers/promises';

/** The value of `look` once it is given and `fits`; looks again until then, at most `withinMs`. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  fits: (value: T) => boolean = Boolean,
  withinMs = 15_000,
): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const value = await look();
    if (fits(value)) return value;
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms; last: ${JSON.stringify(value)}`);
    await delay(50);
  }
}
