import { setTimeout as delay } from 'node:timers/promises';
import { isUnavailable } from '@wxa/store';

const PACE = { firstMs: 500, atMostMs: 5_000, giveUpMs: 3_600_000 };

/**
 * Writes what WeChat gave until Postgres has it, for an hour, or until the process ends: then whoever needs it next
 * finds its own refresh token refused, and asks WeChat for the one that holds. Rejects, also where Postgres refuses it.
 * Each one waits in a slot of those who call WeChat, so that a full Postgres can't have ever more tokens in memory.
 */
export async function persistWithRetry<T>(
  write: () => Promise<T>,
  onFailure: (error: unknown) => void,
  { firstMs, atMostMs, giveUpMs } = PACE,
): Promise<T> {
  const until = performance.now() + giveUpMs;
  for (let waitMs = firstMs; ; waitMs = Math.min(2 * waitMs, atMostMs)) {
    try {
      return await write();
    } catch (error) {
      onFailure(error);
      if (!isUnavailable(error) || performance.now() + waitMs > until) throw error;
      await delay(waitMs);
    }
  }
}
