import { setTimeout as delay } from 'node:timers/promises';
import { isUnavailable } from '@wxa/postgres';

const BACKOFF = { firstMs: 500, atMostMs: 5_000, giveUpMs: 3_600_000 };

/**
 * Retries writing tokens that WeChat granted, for an hour at most, or until the process ends; the next user then finds
 * its refresh token rejected and reads the current one from WeChat. Rejects after that, or at once if Postgres rejects
 * the write. The caller holds a permit meanwhile, which limits the tokens in memory while Postgres is unavailable.
 * @param write gets the age of the tokens in milliseconds: they have lived that much of their life.
 */
export async function persistWithRetry<T>(
  write: (ageMs: number) => Promise<T>,
  onFailure: (error: unknown) => void,
  { firstMs, atMostMs, giveUpMs } = BACKOFF,
): Promise<T> {
  const grantedAt = performance.now();
  for (let waitMs = firstMs; ; waitMs = Math.min(2 * waitMs, atMostMs)) {
    try {
      return await write(performance.now() - grantedAt);
    } catch (error) {
      onFailure(error);
      if (!isUnavailable(error) || performance.now() + waitMs > grantedAt + giveUpMs) throw error;
      await delay(waitMs);
    }
  }
}
