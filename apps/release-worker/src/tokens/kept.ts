import { setTimeout as delay } from 'node:timers/promises';
import { isUnavailable } from '@wxa/store';

const RETRY_MS = 500;

/** Writes what WeChat gave until Postgres has it: it can't be had again. Rejects only where Postgres refuses it. */
export async function kept<T>(write: () => Promise<T>, onFailure: (error: unknown) => void): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      onFailure(error);
      if (!isUnavailable(error)) throw error;
      await delay(RETRY_MS);
    }
  }
}
