import { beforeEach, describe, expect, it } from '@jest/globals';
import { RolloutReadiness_OnNotReady as OnNotReady, RolloutStep } from '@wxa/contracts';
import { STEP_NUMBERS } from '@wxa/rollouts/core';
import type { Turn } from '@wxa/rollouts/turn';
import { BLOCKED } from '../blocked.js';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { unasked } from '../store/fleet-steps.js';
import { column, gateway, sql, useStore, value, whileLocked, worker } from '../store/use-store.js';
import { COMMIT_ONLY, steps } from './turn-steps.js';

useStore();
beforeEach(() => steps.endAll());

const WAIT = { readiness: { onNotReady: OnNotReady.ON_NOT_READY_WAIT } };
const FILING = { isCanceling: false, missing: [], refused: [] };
const filing = (state: string) =>
  ({ part: 'FILING', answer: { ...FILING, state: `FILING_STATE_${state}`, number: 0 } }) as never;

/** Mini-programs that have authorized the platform and are read tomorrow. */
async function authorized(count: number): Promise<string[]> {
  const appids = newAppids(count);
  for (const insert of [
    `authorizers (appid, state, permission_sets) select unnest($1::text[]), 'AUTHORIZED', '{18}'`,
    `mini_programs (appid, due_at) select unnest($1::text[]), clock_timestamp() + interval '1 day'`,
  ])
    await sql(`insert into ${insert}`, appids);
  return appids;
}

const read = (appid: string, ...reads: never[]) =>
  worker.fleet.keepReads({ appid, reads, at: new Date(), isComplete: true });
const turns = () => steps.turns({ checksAuthorization: true });

async function begin(appids: string[], given: Parameters<typeof steps.start>[1]): Promise<string> {
  const id = await steps.start(appids, given);
  await turns();
  return id;
}

/** Step, state and wait of each target. */
const places = (id: string) =>
  column(
    `select concat_ws(' ', step, state, waits_for) from rollout_targets where rollout_id = $1 order by position`,
    id,
  );
const { READINESS, COMMIT } = STEP_NUMBERS;
const [WAITING, READING] = [`${READINESS} WAITING READINESS`, `${READINESS} WAITING READ`];
const COMMITTING = `${COMMIT} RUNNING`;

/** When a mini-program is read next, in seconds from now. */
const dueIn = (appid: string) =>
  value<number>(
    'select extract(epoch from due_at - clock_timestamp())::float8 from mini_programs where appid = $1',
    appid,
  );

/** Runs a turn that finds the row of a target locked, and `work`, until that has ended or waits for the turn. */
async function duringTurn(id: string, work: () => Promise<unknown>): Promise<void> {
  const lock = 'select from rollout_targets where rollout_id = $1 for update';
  const mayWait = async ({ client }: Turn) =>
    void (await client.query(`set local lock_timeout = '60s'; set local statement_timeout = '60s'`));
  const all = await whileLocked(lock, [id], async () => {
    const begun = steps.turn(mayWait, { checksAuthorization: true });
    await eventually(async () => (await sql(WAITS_FOR_TARGETS)).length === 1);
    const worked = work();
    await Promise.race([worked, eventually(async () => (await sql(BLOCKED)).length === 2)]);
    return [begun, worked];
  });
  await Promise.all(all);
}

const WAITS_FOR_TARGETS = `${BLOCKED} and query like '%rollout_targets%'`;

describe('the step READINESS', () => {
  it('A target waits for a read without a slot and without its mini-program, and the read that is stored moves it', async () => {
    const [appid = ''] = await authorized(1);
    await sql('delete from mini_programs where appid = $1', appid);
    const id = await begin([appid], { ...WAIT, maxInFlight: 1 });
    expect(await places(id)).toEqual([READING]);
    expect(await dueIn(appid)).toBeLessThanOrEqual(0);
    expect(await steps.open(id)).toEqual([]);
    await read(appid, filing('NOT_FILED'));
    await turns();
    expect(await places(id)).toEqual([WAITING]);

    const other = await begin([appid], COMMIT_ONLY);
    expect(await places(other)).toEqual([COMMITTING]);
    await read(appid, filing('FILED'));
    await turns();
    expect(await places(id)).toEqual([`${COMMIT} WAITING OTHER_ROLLOUT`]);
    await steps.succeed(other);
    await turns();
    expect(await places(id)).toEqual([COMMITTING]);
  });

  it('A target waits for a read however long none has been asked for', async () => {
    const id = await begin(await authorized(1), WAIT);
    await steps.clock(11 * 60_000);
    await turns();
    expect(await places(id)).toEqual([READING]);
  });

  it('A read that fails is asked for again after a minute, and holds nothing back after 10 minutes', async () => {
    const [appid = ''] = await authorized(1);
    const id = await begin([appid], WAIT);
    await sql('update mini_programs set read_at = clock_timestamp() where appid = $1', appid);
    await read(appid, { part: 'FILING', error: 'timeout' } as never);
    await turns();
    expect(await places(id)).toEqual([READING]);
    expect(await dueIn(appid)).toBeLessThanOrEqual(60);
    await steps.clock(11 * 60_000);
    await turns();
    expect(await places(id)).toEqual([COMMITTING]);
  });

  it('A read that runs while the target begins to wait is enough', async () => {
    const [appid = ''] = await authorized(1);
    await sql(
      `update mini_programs set due_at = clock_timestamp() - interval '1 year' where appid = $1`,
      appid,
    );
    expect(await worker.fleet.takeDue(1, unasked)).toEqual([{ appid, parts: [] }]);
    const id = await begin([appid], WAIT);
    await read(appid, filing('FILED'));
    expect(await dueIn(appid)).toBeGreaterThan(3_600);
    await turns();
    expect(await places(id)).toEqual([COMMITTING]);
  });

  it('A target begins to wait only where the next read that is stored wakes it', async () => {
    const [appid = ''] = await authorized(1);
    await read(appid, filing('NOT_FILED'));
    const id = await steps.start([appid], WAIT);
    await whileLocked('select from mini_programs where appid = $1 for update', [appid], turns);
    expect(await places(id)).toEqual([`${READINESS} PENDING`]);
    await steps.clock(1_000);
    await duringTurn(id, () => read(appid, filing('FILED')));
    await turns();
    expect(await places(id)).toEqual([COMMITTING]);
  });

  it('At most 200 targets of a rollout wait for reads, and each one that is stored lets another one begin', async () => {
    const appids = await authorized(203);
    const id = await begin(appids, { readiness: {} });
    const waiting = () => places(id).then((all) => all.filter((place) => place === READING).length);
    expect(await waiting()).toBe(200);
    for (const appid of appids.slice(0, 2)) await read(appid, filing('FILED'));
    await turns();
    expect((await places(id)).slice(0, 2)).toEqual([COMMITTING, COMMITTING]);
    expect(await waiting()).toBe(200);
    await steps.cancel(id);
    await turns();
    expect(await waiting()).toBe(0);
  });

  it('Versions that cannot be read hold back no other target, and their own targets until they are read', async () => {
    const appids = await authorized(201);
    const match = { match: { $case: 'allAuthorized' as const, value: true }, onlyUnreleased: true };
    const id = await begin(appids, { readiness: {}, continuous: match });
    const placeOf = async (n: number) => (await places(id)).at(n);
    expect([await placeOf(0), await placeOf(200)]).toEqual([READING, `${READINESS} PENDING`]);
    await sql('update mini_programs set read_at = now() where appid = any($1)', appids.slice(0, 200));
    await steps.clock(11 * 60_000);
    await turns();
    expect([await placeOf(0), await placeOf(200)]).toEqual([WAITING, READING]);
    for (const appid of appids.slice(199)) {
      await read(appid, filing('FILED'));
      await sql('update mini_programs set versions_at = clock_timestamp() where appid = $1', appid);
    }
    await turns();
    expect((await places(id)).slice(198)).toEqual([WAITING, COMMITTING, COMMITTING]);
  });

  it('With another token source readiness is compared too, and a mini-program that is not known here passes', async () => {
    const [known = ''] = await authorized(1);
    await read(known, filing('NOT_FILED'));
    const id = await steps.begin([known, ...newAppids(1)], WAIT);
    expect(await places(id)).toEqual([WAITING, COMMITTING]);
    await read(known, filing('FILED'));
    await steps.turns();
    expect(await places(id)).toEqual([COMMITTING, COMMITTING]);
  });

  it('A rollout without readiness reads nothing of the inventory', async () => {
    const [appid = ''] = await authorized(1);
    const id = await begin([appid], COMMIT_ONLY);
    expect(await places(id)).toEqual([COMMITTING]);
    expect(await dueIn(appid)).toBeGreaterThan(3_600);
  });
});

describe('the wait for a review of a private interface', () => {
  const API_NAME = 'wx.getLocation';
  const interfacesOf = (state: string) => ({
    interfaces: [{ apiName: API_NAME, state: `PRIVACY_INTERFACE_STATE_${state}`, refusalReason: '' }],
  });
  const seen = (state: string) => ({ part: 'INTERFACES', answer: interfacesOf(state) }) as never;
  const looks = (id: string, state: string) =>
    steps.succeed(id, '', { result: JSON.stringify(interfacesOf(state)) });

  /** A rollout whose only target has applied for an interface, up to the end of that operation. */
  async function applied(): Promise<{ id: string; appid: string }> {
    const [appid = ''] = await authorized(1);
    const settings = { interfaces: [{ apiName: API_NAME, application: { content: '地图' } }] };
    await sql(
      'insert into settings_layers (scope, version, settings) values ($1, 1, $2)',
      ...[`APPID:${appid}`, JSON.stringify(settings)],
    );
    const { ROLLOUT_STEP_SETTINGS: only } = RolloutStep;
    const id = await begin([appid], { settings: {}, firstStep: only, lastStep: only });
    expect((await steps.open(id)).map(({ method }) => method)).toEqual(['GetPrivacyGuide']);
    await steps.succeed(id);
    await turns();
    await looks(id, 'AVAILABLE');
    await turns();
    expect((await steps.open(id)).map(({ method }) => method)).toEqual(['ApplyPrivacyInterface']);
    await steps.succeed(id);
    return { id, appid };
  }
  const REVIEWED = `${STEP_NUMBERS.SETTINGS} WAITING INTERFACE`;
  const LOOKING = `${STEP_NUMBERS.SETTINGS} RUNNING`;

  it('A target begins to wait for a review only where the next read that is stored wakes it', async () => {
    const { id, appid } = await applied();
    await whileLocked('select from mini_programs where appid = $1 for update', [appid], turns);
    expect(await places(id)).toEqual([LOOKING]);
    await steps.clock(1_000);
    await duringTurn(id, () => read(appid, seen('OPEN')));
    await turns();
    expect((await steps.open(id)).map(({ method }) => method)).toEqual(['ListPrivacyInterfaces']);
    await looks(id, 'OPEN');
    await turns();
    expect(await steps.states(id)).toEqual(['SUCCEEDED']);
  });

  it('A decision that is read before the target begins to wait is seen after 10 s', async () => {
    const { id, appid } = await applied();
    await read(appid, seen('OPEN'));
    await turns();
    expect(await places(id)).toEqual([REVIEWED]);
    await steps.clock(10_000);
    await turns();
    expect(await places(id)).toEqual([LOOKING]);
  });
});

describe('an authorization between the settings and the audit', () => {
  const { ROLLOUT_STEP_SETTINGS: firstStep, ROLLOUT_STEP_SUBMIT_AUDIT: lastStep } = RolloutStep;
  const methods = async (id: string) => (await steps.open(id)).map(({ method }) => method);

  it.each(['held', 'skipped'])(
    'A target that is %s meanwhile applies them again before it submits',
    async (how) => {
      const [appid = ''] = await authorized(1);
      const id = await begin([appid], { settings: {}, firstStep, lastStep });
      await steps.succeed(id);
      if (how === 'held') await steps.pause(id);
      await turns();
      if (how === 'skipped') await steps.fail(id, 61003);
      await turns();
      await sql('update authorizers set authorized_at = clock_timestamp() where appid = $1', appid);
      if (how === 'held') await steps.resume(id);
      else await steps.retry(id, {});
      await turns();
      expect(await methods(id)).toEqual(['GetPrivacyGuide']);
      await steps.succeed(id);
      await turns();
      expect(await methods(id)).toEqual(['SubmitAudit']);
    },
  );
});

it('In a plan targets are counted by the items for which they are not ready, and by what their settings lack', async () => {
  const [a = '', b = '', incomplete = ''] = await authorized(3);
  const settings = {
    requiredExtPointers: ['/ext/shop'],
    privacyGuide: { purposes: [{ key: 'Album', text: 'a' }] },
  };
  await sql(
    'insert into settings_layers (scope, version, settings) values ($1, 1, $2)',
    ...[`APPID:${incomplete}`, JSON.stringify(settings)],
  );
  for (const appid of [a, b]) await read(appid, filing('NOT_FILED'));
  await read(incomplete, filing('FILED'));
  const id = await steps.start([a, b, incomplete], COMMIT_ONLY);
  const { countNotReady, countProblems } = gateway.rollouts;
  expect(await countNotReady(id, ['FILING', 'CATEGORY'])).toEqual([
    { item: 'FILING', targets: 2, sampleAppids: [a, b] },
  ]);
  expect(await countNotReady(id, ['CATEGORY'])).toEqual([]);
  const asked = ['DOMAIN_NOT_REGISTERED', 'EXT_VALUE_MISSING', 'GUIDE_INCOMPLETE'] as const;
  const found = { targets: 1, sampleAppids: [incomplete] };
  expect(await countProblems({ rolloutId: id, userVersion: '' }, asked)).toEqual({
    DOMAIN_NOT_REGISTERED: { targets: 0, sampleAppids: [] },
    EXT_VALUE_MISSING: found,
    GUIDE_INCOMPLETE: found,
  });
});
