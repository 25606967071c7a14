import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { freePort } from '@wxa/stack';
import { newAppid } from '../appid.js';
import { TestPolicy } from '../callers/test-policy.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { useWorld, worker, world } from '../use-world.js';

const REFRESH = 'cgi-bin/component/api_authorizer_token';
/** Long enough that a minute of WeChat is more than a second here. */
const LIFE_MS = 20_000;
const READERS = ['first', 'second', 'third'];

const policy = new TestPolicy(
  Object.fromEntries(READERS.map((name) => [name, { allow: [{ methods: ['Tokens/*'], appids: 'all' }] }])),
);
process.on('exit', () => policy.remove());
let url: string;
useWorld(async () => {
  const address = `127.0.0.1:${await freePort()}`;
  url = `http://${address}/token`;
  return {
    env: {
      ...{ AUTH_POLICY_FILE: policy.file, TOKEN_SERVICE_ADDR: address },
      ...{ WECHAT_TOKEN_SOURCE: 'component', WECHAT_TIMEOUT_MS: '3000' },
      // WeChat accepts a token for 5 minutes after its renewal.
      ...{ SIM_TOKEN_LIFE_MS: String(LIFE_MS), SIM_REFRESH_GRACE_MS: '300000' },
    },
  };
});

async function authorized(): Promise<string> {
  const appid = newAppid();
  await world.sim.authorize(appid);
  await eventually(async () => (await read(appid)).status === 200);
  return appid;
}

async function read(
  appid: string,
  caller = 'first',
): Promise<{ status: number; token: string; expiresIn: number }> {
  const response = await fetch(`${url}?appid=${appid}`, { headers: policy.headers(caller) });
  const { access_token: token, expires_in: expiresIn } = (await response.json()) as Record<string, never>;
  return { status: response.status, token: token ?? '', expiresIn: expiresIn ?? 0 };
}

/** WeChat's answer to a call with a token that a reader makes itself. */
async function errcodeOf(token: string): Promise<number> {
  const query = `access_token=${encodeURIComponent(token)}`;
  const response = await fetch(`${world.stack.addresses.wechat}/wxa/get_category?${query}`);
  return ((await response.json()) as { errcode: number }).errcode;
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
    worker().kill('SIGKILL');
    await worker().exited;
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
    }, 30_000);
    expect(await errcodeOf(token)).toBe(0);
  },
  90_000,
);

it.each([
  ['although WeChat accepts it for only a second after its renewal', 1_000, false],
  ['while a worker is killed and WeChat accepts it for 5 minutes', 300_000, true],
])(
  'Readers that keep a token until expires_in never get it rejected, %s, and there is one renewal per life',
  async (_case, refreshGraceMs, isKilled) => {
    await world.sim.patchComponent({ refreshGraceMs });
    const appids = await Promise.all([authorized(), authorized(), authorized()]);
    const lives = byLength({ short: 1.5, long: 20 });
    const until = performance.now() + lives * LIFE_MS;
    const used: number[] = [];
    const refused: number[] = [];

    /** Uses each token until it is to be read again. */
    async function readAndUse(appid: string, caller: string): Promise<void> {
      while (performance.now() < until) {
        const readAt = performance.now();
        const { status, token, expiresIn } = await read(appid, caller);
        if (status !== 200) refused.push(status);
        while (status === 200 && performance.now() < readAt + expiresIn * 1_000) {
          used.push(await errcodeOf(token));
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
    if (isKilled) {
      await eventually(() => used.length > 100);
      worker().kill('SIGKILL');
      await worker().exited;
      await worker().start();
    }
    await Promise.all(readers);
    expect(used.filter((errcode) => errcode !== 0)).toEqual([]);
    expect(refused.filter((status) => status !== 503 || !isKilled)).toEqual([]);
    const renewals = (await renewalsOf()) - before;
    expect(renewals).toBeGreaterThan(0);
    // A renewal every three quarters of a life, and one more each for a killed worker.
    expect(renewals).toBeLessThanOrEqual(appids.length * (Math.ceil(lives / 0.75) + 1));
  },
  byLength({ short: 120_000, long: 600_000 }),
);
