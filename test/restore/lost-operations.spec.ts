import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import {
  doubtLost,
  finishLost,
  firstUnfinished,
  insertLost,
  type LostOperation,
  type PublishedDoubt,
  putInDoubt,
} from '@wxa/restore';
import pg from 'pg';
import { resolve } from '../store/operation-steps.js';
import { newOperation, type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { actOn, newAppid } from '../store/use-store.js';
import { steps } from '../turns/turn-steps.js';

let scratch: ScratchStore;
let client: pg.Client;
beforeAll(async () => {
  scratch = await scratchStore();
  client = new pg.Client({ connectionString: scratch.url });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await scratch?.close();
});

let offsets = 0;

function lost(appid: string): LostOperation {
  offsets += 1;
  return { ...newOperation({ appid }), offset: String(offsets) };
}

const doubt = ({ id }: { id: string }, fence = 1): PublishedDoubt => ({
  ...{ id, fence, attempts: 1, startedAt: new Date(), error: null },
});

const rows = (appid: string) =>
  scratch.sql<{
    id: string;
    state: string;
    fence: number;
    may_have_acted: boolean;
    blocked_by: string | null;
  }>('select id, state, fence, may_have_acted, blocked_by from operations where appid = $1 order by seq', [
    appid,
  ]);

describe('insertLost', () => {
  it('Lost operations precede a change that was accepted after them, and are inserted once', async () => {
    const appid = newAppid();
    const operations = [lost(appid), lost(appid)];
    const later = newOperation({ appid });
    await scratch.gateway.operations.accept(later);
    expect(await insertLost(client, operations)).toBe(2);
    expect(await insertLost(client, operations)).toBe(0);
    const [first, second] = operations;
    expect((await rows(appid)).map(({ id }) => id)).toEqual([first?.id, second?.id, later.id]);
  });

  it('A lost operation whose request_id was accepted again is not inserted', async () => {
    const appid = newAppid();
    const older = lost(appid);
    const stored = newOperation({ appid, requestId: older.requestId });
    await scratch.gateway.operations.accept(stored);
    expect(await insertLost(client, [older])).toBe(0);
    expect(await rows(appid)).toMatchObject([{ id: stored.id }]);
  });
});

it('A lost listed call is inserted with its path, by which stops find it, and put in doubt as it may have been sent', async () => {
  const [appid, request] = [
    newAppid(),
    JSON.stringify({ api: 'wxa/setnickname', query: { name: '\u0000' } }),
  ];
  const operation = { ...lost(appid), method: 'ChangeWechat', request } as const;
  await insertLost(client, [operation]);
  const api = await scratch.sql('select api from operations where id = $1', [operation.id]);
  expect(api).toEqual([{ api: 'wxa/setnickname' }]);
  await putInDoubt(client, [{ id: operation.id, startedAt: null }]);
  expect(await rows(appid)).toMatchObject([{ state: 'IN_DOUBT', may_have_acted: true }]);
});

describe('doubtLost', () => {
  it('Of two changes with a published doubt the first is in doubt, and the second is reconciled before its call', async () => {
    const appid = newAppid();
    const operations = [lost(appid), lost(appid)] as const;
    await insertLost(client, [...operations]);
    expect(await doubtLost(client, [doubt(operations[1], 3), doubt(operations[0])])).toBe(2);
    expect(await rows(appid)).toMatchObject([
      { state: 'IN_DOUBT', fence: 1, may_have_acted: true },
      { state: 'QUEUED', fence: 3, may_have_acted: true },
    ]);
    expect(await scratch.worker.backlog.count()).toMatchObject({ queuedInDoubt: 1 });
  });

  it('A doubt that Postgres has settled since changes nothing', async () => {
    const appid = newAppid();
    const operation = lost(appid);
    await insertLost(client, [operation]);
    await doubtLost(client, [doubt(operation)]);
    await scratch.sql(`update operations set state = 'RETRYING', next_attempt_at = now() where appid = $1`, [
      appid,
    ]);
    expect(await doubtLost(client, [doubt(operation)])).toBe(0);
    expect(await doubtLost(client, [doubt(operation, 2)])).toBe(1);
    expect(await rows(appid)).toMatchObject([{ state: 'IN_DOUBT', fence: 2 }]);
  });
});

describe('firstUnfinished', () => {
  it('The first unfinished change is the one that has begun, and its doubt has a new claim number', async () => {
    const appid = newAppid();
    const [first, second] = [lost(appid), lost(appid)];
    await insertLost(client, [first, second]);
    await scratch.sql(`update operations set state = 'RUNNING', fence = 4, attempts = 1 where id = $1`, [
      second.id,
    ]);
    const all = await firstUnfinished(new Date(0))(client, undefined);
    expect(all.find((each) => each.appid === appid)).toMatchObject({ id: second.id, isOnKafka: true });
    await putInDoubt(client, [{ id: second.id, startedAt: null }]);
    expect(await rows(appid)).toMatchObject([{ state: 'QUEUED' }, { state: 'IN_DOUBT', fence: 5 }]);
  });

  it('A change whose command is still in the outbox was sent to no worker', async () => {
    const appid = newAppid();
    const operation = newOperation({ appid });
    await scratch.gateway.operations.accept(operation);
    const isOnKafka = async (stagedFrom: Date) =>
      (await firstUnfinished(stagedFrom)(client, undefined)).find(({ id }) => id === operation.id)?.isOnKafka;
    expect(await isOnKafka(new Date(Date.now() + 1000))).toBe(false);
    await scratch.sql('delete from outbox where appid = $1', [appid]);
    expect(await isOnKafka(new Date(Date.now() + 1000))).toBe(true);
    // Its command would be staged.
    expect(await isOnKafka(new Date(0))).toBe(false);
  });
});

describe('finishLost', () => {
  it('The pause of a gray release counts from the published end, not from the restore', async () => {
    actOn(scratch);
    const graySteps = [{ percentage: 10, pause: { seconds: 3_600n, nanos: 0 } }];
    const firstStep = RolloutStep.ROLLOUT_STEP_RELEASE;
    const id = await steps.start([newAppid()], { firstStep, release: { graySteps } });
    await steps.turns();
    const [operation] = await steps.open(id);
    expect(operation).toMatchObject({ method: 'GrayRelease' });
    const endedAt = new Date(Date.now() - 50 * 60_000);
    const end = { id: operation?.id ?? '', state: 'SUCCEEDED', attempts: 1, startedAt: endedAt } as const;
    const { appid = '' } = operation ?? {};
    const rest = { error: null, result: null, acceptedBy: null, onBehalfOf: null };
    await finishLost(client, [{ ...end, ...rest, appid, isChange: true, endedAt }]);
    await steps.turns();
    const dueAt = new Date(endedAt.getTime() + 3_600_000);
    expect(await steps.targets(id)).toMatchObject([{ waits_for: 'GRAY_PAUSE', due_at: dueAt }]);
  });

  it('An operation that has ended otherwise in Postgres keeps its end', async () => {
    const appid = newAppid();
    const operation = lost(appid);
    await insertLost(client, [operation]);
    const end = {
      ...{ id: operation.id, attempts: 1, startedAt: null, endedAt: new Date(), error: null, result: null },
      ...{ appid, isChange: true, acceptedBy: null, onBehalfOf: null },
    };
    const finish = async (state: 'SUCCEEDED' | 'FAILED') =>
      (await finishLost(client, [{ ...end, state }])).map(({ kind }) => kind);
    expect(await finish('SUCCEEDED')).toEqual(['finished']);
    expect(await finish('SUCCEEDED')).toEqual(['known']);
    expect(await finish('FAILED')).toEqual(['other']);
    expect(await rows(appid)).toMatchObject([{ state: 'SUCCEEDED' }]);
  });
});

describe('insertLost in a second run', () => {
  it.each([
    ['IN_DOUBT', 0],
    ['RETRYING', 0],
    ['IN_DOUBT', 1],
  ])(
    'A change that a restore put in doubt, %s with %d attempts, is queued behind an inserted one and blocks none',
    async (state, attempts) => {
      const appid = newAppid();
      const earlier = lost(appid);
      const [doubted, blocked] = [newOperation({ appid }), newOperation({ appid })];
      await scratch.gateway.operations.accept(doubted);
      await scratch.gateway.operations.accept(blocked);
      await putInDoubt(client, [{ id: doubted.id, startedAt: doubted.createdAt }]);
      await scratch.sql('update operations set state = $2, attempts = $3 where id = $1', [
        ...[doubted.id, state, attempts],
      ]);
      await scratch.sql('update operations set parked = true, blocked_by = $2 where id = $1', [
        ...[blocked.id, doubted.id],
      ]);
      await insertLost(client, [earlier]);
      expect(await rows(appid)).toMatchObject([
        { id: earlier.id, state: 'QUEUED' },
        { id: doubted.id, state: 'QUEUED', may_have_acted: attempts > 0 },
        { id: blocked.id, state: 'QUEUED', blocked_by: null },
      ]);
    },
  );

  it('A change that an operator retries after the first run is queued behind an inserted one', async () => {
    const appid = newAppid();
    const earlier = lost(appid);
    const retried = newOperation({ appid });
    await scratch.gateway.operations.accept(retried);
    await putInDoubt(client, [{ id: retried.id, startedAt: null }]);
    await resolve(retried.id, 'RETRYING', { store: scratch.gateway });
    await insertLost(client, [earlier]);
    expect(await rows(appid)).toMatchObject([
      { id: earlier.id, state: 'QUEUED' },
      { id: retried.id, state: 'QUEUED', may_have_acted: false },
    ]);
  });

  it('A change whose doubt was published stays in doubt behind an inserted one', async () => {
    const appid = newAppid();
    const earlier = lost(appid);
    const later = newOperation({ appid });
    await scratch.gateway.operations.accept(later);
    await doubtLost(client, [doubt(later)]);
    await insertLost(client, [earlier]);
    expect(await rows(appid)).toMatchObject([{ id: earlier.id }, { id: later.id, state: 'IN_DOUBT' }]);
  });
});
