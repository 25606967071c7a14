import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { AdoptingPlatform, EVERYTHING } from './adopting-platform.js';
import { show } from './figures.js';

const LOAD = byLength({
  short: { programs: 20, callbacks: 20, calls: 10, stayS: 3 },
  long: { programs: 200, callbacks: 50, calls: 20, stayS: 60 },
});
const LIVES = byLength({
  short: { lifeMs: 120_000, graceMs: 60_000 },
  long: { lifeMs: 300_000, graceMs: 100_000 },
});
const STEP_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 60_000 });
const NAMES = ['text', 'image', 'user_enter_tempsession', 'wxa_privacy_apply', 'shop_order'];
/** What one holder of the tokens needs. */
const TOKENS = 'component_verify_ticket, authorized, updateauthorized, unauthorized';

let platform: AdoptingPlatform;
beforeAll(async () => {
  platform = await AdoptingPlatform.start(LIVES);
});
afterAll(() => platform?.stop());

/** Where the callbacks of a range were to arrive. */
interface Stay {
  where: string;
  from: number;
  to: number;
  old: 'all' | 'texts';
  topic: boolean;
}
const stays: Stay[] = [];
const took = new Map<string, number>();
let commits = 0;
/** When the old program has stopped to renew tokens. */
let servedSince = 0;

/** Takes a step, and says how long it took. */
async function step(what: string, take: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  await take();
  took.set(what, performance.now() - startedAt);
}

const sent = async () => (await platform.world.sim.load()).sent;

/** Stays where a step has led for a while. */
async function stay(where: string, { old, topic }: Pick<Stay, 'old' | 'topic'>): Promise<void> {
  const from = await sent();
  const to = from + LOAD.stayS * LOAD.callbacks;
  // Those of the last second may arrive after the next step has begun.
  await eventually(async () => (await sent()) > to + LOAD.callbacks, 120_000);
  stays.push({ where, from, to, old, topic });
}

/** The old program gets tickets, and the codes of customers who authorize, as long as it holds the tokens. */
async function expectOldProgramHoldsTokens(): Promise<void> {
  const tickets = async () =>
    (await platform.old.callbacks()).filter(({ fields }) => fields.InfoType === 'component_verify_ticket');
  const before = (await tickets()).length;
  await platform.sendTicket();
  expect((await tickets()).length).toBeGreaterThan(before);
  await platform.authorize(1);
}

/** A change of code by this service. */
const commit = (appid: string, ...more: string[]) => {
  commits += 1;
  const version = ['--user-version', `1.0.${commits}`, '--user-desc', 'a step'];
  return platform.wxa(['commit', '--appid', appid, '--template-id', '1', ...version, ...more]);
};
const check = (number: number, ...more: string[]) =>
  platform.wxa(['adopt', 'check', '--step', String(number), ...more]);
const known = async (where: string) =>
  (await platform.world.sql(`select from authorizers where state = 'AUTHORIZED' and ${where}`)).length;

async function takeStepsIn(appids: string[]): Promise<void> {
  const { proxy, old, world } = platform;
  const [pilot = ''] = appids;
  const before = Date.now();
  await check(0);
  await step('0 beside', async () => {
    proxy.isCopying = true;
  });
  await stay('beside', { old: 'all', topic: false });
  await expectOldProgramHoldsTokens();

  await check(1).catch((error: Error) => expect(error.message).toContain('no mini-program is known'));
  await step('1 a few', async () => {
    await platform.wxa(['authorizers', 'sync']);
    expect(await known('true')).toBeGreaterThanOrEqual(appids.length);
    await platform.wxa(['authorizers', 'label', pilot, '--labels', 'pilot']);
    await commit(pilot, '--wait');
  });
  await stay('a few', { old: 'all', topic: false });

  await check(2, '--url', `${world.stack.addresses.http}/wechat/callback/$APPID$`);
  await step('2 in front', async () => {
    await platform.forward(EVERYTHING);
    proxy.to = 'gateways';
  });
  await commit(pilot, '--wait');
  await stay('in front', { old: 'all', topic: true });
  await expectOldProgramHoldsTokens();

  await check(3);
  await step('3 consumers', () => platform.forward(`text, ${TOKENS}`));
  await commit(pilot, '--wait');
  await stay('consumers', { old: 'texts', topic: true });
  await expectOldProgramHoldsTokens();

  await check(4);
  expect((await platform.renewals(before)).service).toEqual([]);
  await step('4 tokens', async () => {
    await old.takeTokens({ from: 'hand' });
    servedSince = Date.now();
    await platform.forward('text');
    await commit(pilot);
    const { url, key } = await platform.ownTokens();
    await platform.sendTicket();
    await eventually(
      async () => (await world.sql('select from components where ticket is not null')).length > 0,
    );
    await platform.wxa(['authorizers', 'sync']);
    expect(await known('refresh_token is null and code is null')).toBe(0);
    await old.takeTokens({ from: 'url', url, key });
  });
  const read = async () => (await world.sql(`select from token_readers where caller = 'old-program'`)).length;
  await eventually(async () => (await read()) >= appids.length);
  await commit(pilot, '--wait');
  await stay('tokens', { old: 'texts', topic: true });
  // The old program answers it with a token of the token service.
  expect(await world.sim.checkPublishing()).toEqual({ text: true, api: true });
}

async function takeStepsBack(appids: string[]): Promise<void> {
  const { proxy, old } = platform;
  const [pilot = ''] = appids;
  const { oldProgram, service } = await platform.renewals(servedSince);
  expect([oldProgram, service.length > 0]).toEqual([[], true]);
  await step('back from 4', async () => {
    await commit(pilot);
    await platform.tokensOfOldProgram();
    await platform.forward(`text, ${TOKENS}`);
    await platform.sendTicket();
    await old.takeTokens({ from: 'wechat' });
    await platform.wxa(['authorizers', 'forget-tokens', '--reason', 'back to step 3']);
  });
  expect(await known('refresh_token is not null')).toBe(0);
  const since = Date.now();
  await commit(pilot, '--wait');
  await stay('back at 3', { old: 'texts', topic: true });
  await expectOldProgramHoldsTokens();

  await step('back from 3', () => platform.forward(EVERYTHING));
  await stay('back at 2', { old: 'all', topic: true });
  await expectOldProgramHoldsTokens();

  await step('back from 2', async () => {
    proxy.to = 'old program';
  });
  await commit(pilot, '--wait');
  await stay('back at 1', { old: 'all', topic: false });
  await expectOldProgramHoldsTokens();

  expect((await platform.renewals(since)).service).toEqual([]);
  await step('back from 0', async () => {
    proxy.isCopying = false;
    await platform.stopService();
  });
  await stay('without this service', { old: 'all', topic: false });
}

it(
  'On the way from step 0 to step 4 and back no callback is missing at both the old program and the topic, each text is answered, no call of the old program fails for its token, and only the holder of the tokens renews them',
  async () => {
    const { old, world } = platform;
    await platform.sendTicket();
    const appids = await platform.authorize(LOAD.programs);
    const day = { seconds: 86_400, retryMs: 1_000 };
    await world.sim.startLoad({ rate: LOAD.callbacks, names: NAMES, appids, ...day });
    await old.callWechat(LOAD.calls);
    await takeStepsIn(appids);
    // These come while this service holds the tokens.
    const late = await world.sim.authorizeMany({ count: 3 });
    const exchanged = 'select from authorizers where appid = any($1) and access_token is not null';
    await eventually(async () => (await world.sql(exchanged, [late])).length === late.length);
    await takeStepsBack(appids);
    for (const appid of late) expect(await old.hasTokenOf(appid)).toBe(true);

    await world.sim.stopLoad();
    await old.callWechat(0);
    const ended = async () => (await world.sim.load()).open + (await old.calls()).open === 0;
    await eventually(ended);
    for (const [what, ms] of took) show(`${what}, in seconds`, ms / 1_000);
    const { made, failures } = await old.calls();
    show('callbacks, calls of the old program', `${await sent()}, ${made}`);
    expect(failures).toEqual([]);
    expect(made).toBeGreaterThan(LOAD.calls * LOAD.stayS * stays.length);
    await expectCallbacks();
    const failed = await world.sql(`select id, state from operations where state <> 'SUCCEEDED'`);
    expect(failed).toEqual([]);
    expect([...took.values()].filter((ms) => ms > STEP_MS)).toEqual([]);
  },
  byLength({ short: 300_000, long: 1_800_000 }),
);

async function expectCallbacks(): Promise<void> {
  const { old, world } = platform;
  const results = await world.sim.loadResults();
  expect(results.filter(({ isAccepted }) => !isAccepted)).toEqual([]);
  const events = new Map(results.map(({ id, event }) => [id, event]));
  const atOld = new Set((await old.callbacks()).map(({ fields }) => fields.Id));
  const onTopic = new Set(
    world.messages('PlatformEvent').map(({ json }) => (json.fields as Record<string, string>).Id),
  );
  expect([...events.keys()].filter((id) => !atOld.has(id) && !onTopic.has(id))).toEqual([]);
  for (const { where, from, to, ...expected } of stays) {
    const ids = Array.from({ length: to - from }, (_, i) => `load-${from + i}`);
    const isForOld = (id: string) => expected.old === 'all' || events.get(id) === 'text';
    const wrong = {
      missingAtOld: ids.filter((id) => isForOld(id) && !atOld.has(id)),
      unwantedAtOld: ids.filter((id) => !isForOld(id) && atOld.has(id)),
      missingOnTopic: ids.filter((id) => expected.topic && !onTopic.has(id)),
    };
    expect({ where, ...wrong }).toEqual({ where, missingAtOld: [], unwantedAtOld: [], missingOnTopic: [] });
  }
  const isText = ({ event, answer, body }: Awaited<ReturnType<typeof world.sim.pushes>>[number]) =>
    event === 'text' && answer !== null && !body.includes('QUERY_AUTH_CODE');
  const texts = (await world.sim.pushes()).filter(isText);
  expect(texts.filter(({ status, reply }) => status === 200 && reply === undefined)).toEqual([]);
}
