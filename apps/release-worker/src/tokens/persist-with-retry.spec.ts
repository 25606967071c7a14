import { describe, expect, it } from '@jest/globals';
import { persistWithRetry } from './persist-with-retry.js';

const PACE = { firstMs: 1, atMostMs: 4, giveUpMs: 60_000 };
const away = Object.assign(new Error('gone'), { code: '08006' });
const refused = Object.assign(new Error('no such column'), { code: '42703' });

/** A store that fails so often before it takes what is written. */
function failing(times: number, error: Error = away) {
  const told: unknown[] = [];
  let tries = 0;
  const write = async () => {
    tries += 1;
    if (tries <= times) throw error;
    return 'written';
  };
  return { write, told, onFailure: (failure: unknown) => told.push(failure), tries: () => tries };
}

describe('what WeChat gave', () => {
  it('is written again and again while Postgres is away, and each failure is told', async () => {
    const { write, told, onFailure } = failing(6);
    expect(await persistWithRetry(write, onFailure, PACE)).toBe('written');
    expect(told).toEqual(Array(6).fill(away));
  });

  it('is not written again where Postgres refuses it', async () => {
    const { write, onFailure, tries } = failing(1, refused);
    await expect(persistWithRetry(write, onFailure, PACE)).rejects.toBe(refused);
    expect(tries()).toBe(1);
  });

  it('is given up in the end', async () => {
    const { write, onFailure, tries } = failing(1_000);
    await expect(persistWithRetry(write, onFailure, { ...PACE, giveUpMs: 50 })).rejects.toBe(away);
    expect(tries()).toBeGreaterThan(5);
    expect(tries()).toBeLessThan(50);
  });
});
