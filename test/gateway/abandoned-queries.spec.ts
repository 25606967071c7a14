import { setMaxListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ListPagesRequest, OperationCompleted, OperationState, ReleaseRequest, TOPICS } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { type CallSettings, call, refusalOf } from './calls.js';
import { follow } from './follow.js';
import { ScriptedWorker } from './scripted-worker.js';
import { useSharedGateway } from './use-gateway.js';

const { backends, gateway, database } = useSharedGateway();
let worker: ScriptedWorker;
let outcomes: Awaited<ReturnType<typeof follow>>;

beforeAll(async () => {
  worker = await ScriptedWorker.start(backends);
  outcomes = await follow(backends, gateway, TOPICS.outcomes);
}, 60_000);

afterAll(async () => {
  await outcomes?.stop();
  await worker?.stop();
});

const listPages = (appid: string, requestId = '', settings?: CallSettings) =>
  call(gateway.code, gateway.code.listPages, ListPagesRequest.fromPartial({ appid, requestId }), settings);

const idOf = (appid: string): Promise<string> =>
  eventually(async () => {
    const rows = await database.rows('select id from operations where appid = $1', [appid]);
    return rows.length === 1 && String(rows[0]?.id);
  });

/** Starts a query that no worker runs, calls `before`, and cancels the query. */
async function abandon(
  appid: string,
  requestId = '',
  before = async (_id: string): Promise<unknown> => undefined,
) {
  const caller = new AbortController();
  const answer = refusalOf(listPages(appid, requestId, { signal: caller.signal }));
  const id = await idOf(appid);
  await before(id);
  caller.abort();
  expect((await answer).code).toBe('CANCELLED');
  return id;
}

const refusesChanges = () =>
  call(gateway.code, gateway.code.release, ReleaseRequest.fromPartial({ appid: newAppid() })).then(
    () => false,
    () => true,
  );

const get = (id: string) => call(gateway.operations, gateway.operations.getOperation, { id });
const cancelled = (id: string) =>
  eventually(async () => (await get(id)).state === OperationState.OPERATION_STATE_CANCELLED);

describe('abandoned queries', () => {
  it('An unsent query whose caller cancels ends CANCELLED, is published once and can no longer be claimed', async () => {
    const id = await abandon(newAppid());
    await cancelled(id);
    await expect(worker.claim(id)).rejects.toThrow('finished');
    const of = () =>
      outcomes.messages
        .map(({ value }) => OperationCompleted.fromJSON(JSON.parse(value.toString())))
        .filter(({ operation }) => operation?.id === id);
    await eventually(() => of().length === 1);
    expect(of()[0]?.operation?.state).toBe(OperationState.OPERATION_STATE_CANCELLED);
  });

  it('An unsent query whose caller cancels while Postgres has lost time is not cancelled', async () => {
    const setBehind = async (behind: boolean) => {
      await database.rows('update history_state set behind = $1', [behind]);
      // The gateway reads it once a second.
      await eventually(async () => (await refusesChanges()) === behind);
    };
    await setBehind(true);
    const id = await abandon(newAppid());
    await setBehind(false);
    await cancelled(await abandon(newAppid()));
    expect((await get(id)).state).toBe(OperationState.OPERATION_STATE_QUEUED);
  });

  it('An unsent query whose deadline expires ends CANCELLED and is returned by GetOperation', async () => {
    const appid = newAppid();
    const answer = refusalOf(listPages(appid, '', { deadlineMs: 1_000 }));
    const id = await idOf(appid);
    expect((await answer).code).toBe('DEADLINE_EXCEEDED');
    await cancelled(id);
  });

  it('A query whose caller cancels continues if it has a request_id, was sent, or has another waiting caller', async () => {
    const asked = await abandon(newAppid(), 'asked-again');
    const sent = await abandon(newAppid(), '', (id) => worker.claim(id));
    let other: Promise<unknown> | undefined;
    const awaited = await abandon(newAppid(), '', async (id) => {
      const timeout = { seconds: 20n, nanos: 0 };
      other = call(gateway.operations, gateway.operations.waitOperation, { id, timeout, untilFinal: true });
      await eventually(async () => (await waiting()) === 2);
    });
    // Earlier cancellations are complete by then too.
    await cancelled(await abandon(newAppid()));
    const states = (await Promise.all([asked, sent, awaited].map(get))).map(({ state }) => state);
    expect(states).toEqual([
      OperationState.OPERATION_STATE_QUEUED,
      OperationState.OPERATION_STATE_RUNNING,
      OperationState.OPERATION_STATE_QUEUED,
    ]);
    await worker.run(awaited, { state: 'SUCCEEDED', result: { pages: [] } });
    expect(await other).toMatchObject({ state: OperationState.OPERATION_STATE_SUCCEEDED });
  });

  it('900 queries whose callers cancel at once are CANCELLED and no longer pending', async () => {
    const caller = new AbortController();
    setMaxListeners(0, caller.signal);
    const appid = newAppid();
    const calls = Array.from({ length: 900 }, () => listPages(appid, '', { signal: caller.signal }));
    const all = Promise.allSettled(calls);
    await eventually(async () => (await waiting()) === 900);
    caller.abort();
    await all;
    const states = 'select state, count(*)::int as n from operations where appid = $1 group by state';
    await eventually(async () => {
      expect(await database.rows(states, [appid])).toEqual([{ state: 'CANCELLED', n: 900 }]);
    });
    await eventually(async () => (await waiting()) === 0);
  });
});

async function waiting(): Promise<number> {
  const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
  return Number(/^wxa_pending_queries (\d+)$/m.exec(metrics)?.[1]);
}
