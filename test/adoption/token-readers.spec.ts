/** @alone Its tokens live 20 s, in which a busy machine may not renew them. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { scrape } from '../metrics/exposition.js';
import { world } from '../use-world.js';
import { percentile, show, spread } from './figures.js';
import { errcodeOf, READERS, REFRESH, useTokenReaders } from './reading-tokens.js';

const LOAD = byLength({
  short: { programs: 30, perSecond: 20, lifeMs: 20_000, seconds: 25, waits: 3, floodS: 3 },
  long: { programs: 10_000, perSecond: 200, lifeMs: 60_000, seconds: 1_800, waits: 100, floodS: 130 },
});
const LIMITS = byLength({
  short: { readMs: Number.POSITIVE_INFINITY, waitMs: Number.POSITIVE_INFINITY },
  long: { readMs: 20, waitMs: 2_000 },
});
const FLOODING = Array.from({ length: 5 }, (_, i) => `flooding-${i}`);
/** A token is renewed when a quarter of its life remains. */
const PLANNED_MS = 0.75 * LOAD.lifeMs;

// A token that was renewed before its `expires_in` has passed would be rejected after a second.
const read = useTokenReaders(FLOODING, {
  SIM_TOKEN_LIFE_MS: String(LOAD.lifeMs),
  SIM_REFRESH_GRACE_MS: '1000',
});

/** Customers authorize in waves so small that each callback is stored in time; resolves once each has a token. */
async function authorized(count: number): Promise<string[]> {
  const appids: string[] = [];
  const having = `select count(*)::int as found from authorizers
    where access_token is not null and code is null and appid = any($1)`;
  while (appids.length < count) {
    const some = await world.sim.authorizeMany({ count: Math.min(100, count - appids.length) });
    const found = async () => (await world.sql<{ found: number }>(having, [some]))[0]?.found;
    await eventually(async () => (await found()) === some.length);
    appids.push(...some);
  }
  return appids;
}

/** A token whose two hours are over in a second. */
const END = `update authorizers set access_token_at = now() - interval '2 hours',
  access_token_until = now() + interval '1 second' where appid = $1`;

const renewals = async () => (await world.sim.summary()).apis[REFRESH]?.calls ?? 0;
const renewalsOf = async (appid: string) => (await world.sim.calls({ appid, api: REFRESH })).length;

it(
  'A reader that keeps a token until expires_in never has it rejected, and each token is renewed once for all readers',
  async () => {
    const appids = await authorized(LOAD.programs);
    /** How long reads took that got a stored token, and those that got one younger than a second: most of them waited for it. */
    const [stored, renewed]: [number[], number[]] = [[], []];
    const [refused, rejected]: [number[], number[]] = [[], []];
    const before = await renewals();
    const startedAt = performance.now();
    const reading: Promise<void>[] = [];

    /** Uses the token once, at some time before it is to be read again. */
    async function readAndUse(appid: string, caller: string): Promise<void> {
      const readAt = performance.now();
      const answer = await read(appid, caller);
      if (answer.status !== 200) return void refused.push(answer.status);
      (answer.expiresIn * 1_000 < PLANNED_MS - 1_000 ? stored : renewed).push(answer.ms);
      const readAgainAt = readAt + answer.expiresIn * 1_000;
      await delay(Math.max(0, readAt + Math.random() * (readAgainAt - readAt) - performance.now()));
      if (performance.now() > readAgainAt) return;
      const errcode = await errcodeOf(answer.token);
      if (errcode !== 0) rejected.push(errcode);
    }

    for (let i = 0; performance.now() - startedAt < LOAD.seconds * 1_000; ) {
      const due = ((performance.now() - startedAt) / 1_000) * LOAD.perSecond;
      for (; i < due; i += 1)
        reading.push(readAndUse(appids[i % appids.length] ?? '', READERS[i % READERS.length] ?? ''));
      await delay(20);
    }
    const lives = (performance.now() - startedAt) / PLANNED_MS;
    const count = (await renewals()) - before;
    await Promise.all(reading);
    show('reads of a stored token', `${stored.length}, ${spread(stored)}`);
    show('reads of a token that was just renewed', `${renewed.length}, ${spread(renewed)}`);
    show('renewals for each token and life', count / (appids.length * lives));
    expect([rejected, refused]).toEqual([[], []]);
    expect(count).toBeGreaterThan(0);
    // The life that has begun before, and the one that ends afterwards.
    expect(count).toBeLessThanOrEqual(1.01 * appids.length * (lives + 1));
    expect(percentile(stored, 0.99)).toBeLessThan(LIMITS.readMs);
    expect(percentile(renewed, 0.99)).toBeLessThan(LIMITS.waitMs);
  },
  byLength({ short: 300_000, long: 3_600_000 }),
);

it(
  'Readers that come when a token has ended wait for its renewal',
  async () => {
    await world.sim.patchComponent({ tokenLifeMs: 7_200_000 });
    const ms: number[] = [];
    for (const appid of await authorized(LOAD.waits)) {
      await world.sql(END, [appid]);
      const before = await renewalsOf(appid);
      const answers = await Promise.all(READERS.map((caller) => read(appid, caller)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(new Set(answers.map(({ token }) => token)).size).toBe(1);
      expect((await renewalsOf(appid)) - before).toBe(1);
      ms.push(...answers.map((answer) => answer.ms));
    }
    show('reads across a renewal', spread(ms));
    expect(percentile(ms, 0.99)).toBeLessThan(LIMITS.waitMs);
  },
  byLength({ short: 300_000, long: 600_000 }),
);

it('A flood of refresh=1 by many readers costs one renewal a minute', async () => {
  await world.sim.patchComponent({ tokenLifeMs: 7_200_000 });
  const [appid = ''] = await authorized(1);
  await world.sql(`update authorizers set access_token_at = now() - interval '2 minutes' where appid = $1`, [
    appid,
  ]);
  const before = await renewalsOf(appid);
  const startedAt = performance.now();
  const statuses: number[] = [];
  while (performance.now() - startedAt < LOAD.floodS * 1_000) {
    const answers = FLOODING.map((caller) => read(appid, caller, '&refresh=1'));
    statuses.push(...(await Promise.all(answers)).map(({ status }) => status));
  }
  const minutes = Math.ceil((performance.now() - startedAt) / 60_000);
  const renewed = (await renewalsOf(appid)) - before;
  show('flood', `${statuses.length} reads, ${renewed} renewals in ${minutes} minutes or less`);
  expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
  expect(renewed).toBeGreaterThan(0);
  expect(renewed).toBeLessThanOrEqual(minutes);
});

it('A reader gets the token of a mini-program that is known without one', async () => {
  const [appid = ''] = await authorized(1);
  await world.sql('update authorizers set refresh_token = null, access_token = null where appid = $1', [
    appid,
  ]);
  const { status, token } = await read(appid);
  expect([status, await errcodeOf(token)]).toEqual([200, 0]);
});

it('refresh=1 during an outage of WeChat is 503 for all readers, and one renewal after it serves them all', async () => {
  await world.sim.patchComponent({ tokenLifeMs: 7_200_000 });
  // So many that their renewals open the circuit breaker.
  const appids = await authorized(25);
  const [appid = ''] = appids;
  await world.sql(
    `update authorizers set access_token_at = now() - interval '2 minutes' where appid = any($1)`,
    [appids],
  );
  const { token: rejected } = await read(appid);
  await world.sim.addFault({ api: '*', kind: 'reset', times: 0 });
  const refresh = (of: string, caller?: string) => read(of, caller, '&refresh=1');
  const during = await Promise.all([...appids.map((of) => refresh(of)), refresh(appid, 'second')]);
  expect(new Set(during.map(({ status }) => status))).toEqual(new Set([503]));
  const [worker = ''] = world.stack.addresses.workers;
  await eventually(async () => expect((await scrape(worker)).get('wxa_circuit_breaker_open')).toBe(1));
  const before = await renewalsOf(appid);
  await world.sim.clearFaults();
  const answers = await Promise.all(
    READERS.map((caller) =>
      eventually(async () => {
        const answer = await refresh(appid, caller);
        return answer.status === 200 && answer;
      }),
    ),
  );
  const [renewed = '', ...others] = new Set(answers.map(({ token }) => token));
  expect([renewed === rejected, others, await errcodeOf(renewed)]).toEqual([false, [], 0]);
  expect((await renewalsOf(appid)) - before).toBe(1);
  const trail = `select from trail where action = 'token.renewed' and appid = $1`;
  expect(await world.sql(trail, [appid])).toHaveLength(1);
});
