import { setTimeout as delay } from 'node:timers/promises';

const PARTS = 10;

/**
 * Rejects if `work` takes longer than `ms` of the time in which this process runs. While it is busy or suspended, responses
 * arrive but are not read, and a single timer would end before them; here that counts as a tenth of `ms` at most.
 */
export async function withinOwnTime<T>(ms: number, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  try {
    return await Promise.race([work, rejectAfter(ms, done.signal)]);
  } finally {
    done.abort();
  }
}

async function rejectAfter(ms: number, signal: AbortSignal): Promise<never> {
  for (let part = 0; part < PARTS; part += 1) await delay(ms / PARTS, undefined, { ref: false, signal });
  // The text of pg, by which errors of an unavailable server are recognized.
  throw new Error(`Query read timeout: no response within ${ms} ms`);
}
