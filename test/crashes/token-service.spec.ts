/** @alone Its tokens live 20 s, in which a busy machine may not renew them. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { errcodeOf, READERS, REFRESH, useTokenReaders } from '../adoption/reading-tokens.js';
import { byLength } from '../length.js';
import { eventually, kill, newAppid, worker, world } from '../use-world.js';

/** Long enough that a minute of WeChat is more than a second here. */
const LIFE_MS = 20_000;

const read = useTokenReaders([], {
  WECHAT_TIMEOUT_MS: '3000',
  // WeChat accepts a token for 5 minutes after its renewal.
  ...{ SIM_TOKEN_LIFE_MS: String(LIFE_MS), SIM_REFRESH_GRACE_MS: '300000' },
});

async function authorized(): Promise<string> {
  const appid = newAppid();
  await world.sim.authorize(appid);
  await eventually(async () => (await read(appid)).status === 200);
  return appid;
}

it.each(['before', 'after'] as const)(
  'A worker that is killed during a renewal, when WeChat has not acted or has (%s), leaves its readers 503 or a new token within 5 s, and the next worker renews',
  async (when) => {
    const appid = await authorized();
    const fault = await world.sim.addFault({ appid, api: REFRESH, kind: 'hang', when });
    await world.sql(
      `update authorizers set access_token_until = now() + interval '1 second' where appid = $1`,
      [appid],
    );
    const startedAt = performance.now();
    const reading = READERS.map((caller) => read(appid, caller));
    await eventually(async () => (await world.sim.fault(fault.id)).held === 1);
    await kill(worker());
    const answers = await Promise.all(reading);
    expect(performance.now() - startedAt).toBeLessThan(
      byLength({ short: Number.POSITIVE_INFINITY, long: 5_500 }),
    );
    for (const { status, token } of answers) {
      expect([200, 503]).toContain(status);
      if (status === 200) expect(await errcodeOf(token)).toBe(0);
    }
    await world.sim.clearFaults();
    await worker().start();
    const { token } = await eventually(async () => {
      const answer = await read(appid);
      return answer.status === 200 && answer;
    });
    expect(await errcodeOf(token)).toBe(0);
  },
);

it(
  'Readers that keep a token until expires_in never get it rejected while a worker is killed, and there is one renewal per life',
  async () => {
    const appids = await Promise.all([authorized(), authorized(), authorized()]);
    const lives = byLength({ short: 1.5, long: 20 });
    const startedAt = performance.now();
    const until = startedAt + lives * LIFE_MS;
    const used: number[] = [];
    const refused: number[] = [];

    /** Uses each token until it is to be read again. */
    async function readAndUse(appid: string, caller: string): Promise<void> {
      while (performance.now() < until) {
        const readAt = performance.now();
        const { status, token, expiresIn } = await read(appid, caller);
        if (status !== 200) refused.push(status);
        while (status === 200 && performance.now() < readAt + expiresIn * 1_000) {
          const errcode = await errcodeOf(token);
          // A use that a busy machine delays beyond the life of its token shows nothing.
          if (performance.now() < readAt + expiresIn * 1_000) used.push(errcode);
          await delay(100);
        }
      }
    }

    const renewalsOf = async () => {
      const calls = appids.map((appid) => world.sim.calls({ appid, api: REFRESH, after: 0 }));
      return (await Promise.all(calls)).flat().length;
    };
    const before = await renewalsOf();
    const readers = appids.flatMap((appid) => READERS.map((caller) => readAndUse(appid, caller)));
    await eventually(() => used.length > 100);
    await kill(worker());
    await worker().start();
    await Promise.all(readers);
    expect(used.filter((errcode) => errcode !== 0)).toEqual([]);
    expect(refused.filter((status) => status !== 503)).toEqual([]);
    const renewals = (await renewalsOf()) - before;
    expect(renewals).toBeGreaterThan(0);
    // A renewal every three quarters of a life, and one more each for a killed worker.
    const lived = (performance.now() - startedAt) / LIFE_MS;
    expect(renewals).toBeLessThanOrEqual(appids.length * (Math.ceil(lived / 0.75) + 1));
  },
  byLength({ short: 300_000, long: 600_000 }),
);
