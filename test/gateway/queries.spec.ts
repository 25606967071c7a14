import { setMaxListeners } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { OperationCompleted, OperationState, TOPICS } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { readMetric } from '../metrics/exposition.js';
import { type CallSettings, refusalOf } from './calls.js';
import { useFollowed } from './follow.js';
import { ScriptedWorker } from './scripted-worker.js';
import { useSharedGateway } from './use-gateway.js';

const APPID = newAppid();
const { backends, gateway, database } = useSharedGateway();
let worker: ScriptedWorker;
beforeAll(async () => {
  worker = await ScriptedWorker.start(backends);
});
afterAll(() => worker?.stop());
const outcomes = useFollowed(backends, gateway, TOPICS.outcomes);

const { OPERATION_STATE_QUEUED: QUEUED, OPERATION_STATE_CANCELLED: CANCELLED } = OperationState;
const listPages = (appid: string, requestId = '', settings?: CallSettings) =>
  gateway.rpc('listPages', { appid, requestId }, settings);
const waiting = () => readMetric(gateway.http, 'wxa_pending_queries');

/** The id of a mini-program's only operation, or of the one with a request_id. */
const idOf = (appid: string, requestId = '%'): Promise<string> =>
  eventually(async () => {
    const found = 'select id from operations where appid = $1 and request_id like $2';
    const rows = await database.rows(found, [appid, requestId]);
    return rows.length === 1 && String(rows[0]?.id);
  });

it('ListPages returns its result once the worker has settled the operation, and the stored one for a used request_id', async () => {
  const answer = listPages(APPID, 'q-pages');
  const result = { pages: ['index', 'page/list'] };
  await worker.run(await idOf(APPID, 'q-pages'), { state: 'SUCCEEDED', result });
  expect(await answer).toEqual(result);
  expect(await listPages(APPID, 'q-pages')).toEqual(result);
});

it('ListPages returns the result from Postgres if its event was lost', async () => {
  const answer = listPages(APPID, 'q-silent');
  const result = { pages: ['a'] };
  await worker.run(await idOf(APPID, 'q-silent'), { state: 'SUCCEEDED', result, silent: true });
  expect(await answer).toEqual(result);
});

it('GetTrialQrCode returns its image from Postgres, because images are never on Kafka', async () => {
  const image = Buffer.alloc(2 * 1024, 7);
  const answer = gateway.rpc('getTrialQrCode', { appid: APPID, requestId: 'q-image' });
  const result = { image: image.toString('base64'), contentType: 'image/jpeg' };
  await worker.run(await idOf(APPID, 'q-image'), { state: 'SUCCEEDED', result });
  expect(await answer).toEqual({ image, contentType: 'image/jpeg' });
});

it('ListPages fails with ABORTED if its operation is cancelled', async () => {
  const answer = refusalOf(listPages(APPID, 'q-cancelled'));
  const id = await idOf(APPID, 'q-cancelled');
  const cancelled = await gateway.rpc('cancelOperation', { id });
  expect(cancelled.state).toBe(CANCELLED);
  expect(await answer).toMatchObject({ code: 'ABORTED', reason: 'OPERATION_CANCELLED', infos: 1 });
});

it('ListPages continues after its caller’s deadline, which is counted, and a repeated request returns the result', async () => {
  const series = 'wxa_caller_calls_total{caller="none",grpc_code="DeadlineExceeded"}';
  const late = async () => (await readMetric(gateway.http, series)) ?? 0;
  const before = await late();
  const refusal = await refusalOf(listPages(APPID, 'q-late', { deadlineMs: 5_000 }));
  expect(refusal).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  await eventually(async () => (await late()) > before);
  await worker.run(await idOf(APPID, 'q-late'), { state: 'SUCCEEDED', result: { pages: [] } });
  expect(await listPages(APPID, 'q-late')).toEqual({ pages: [] });
});

/** Starts a query that no worker runs, calls `before`, and cancels the query. */
async function abandon(
  appid: string,
  requestId = '',
  before = async (_id: string): Promise<unknown> => undefined,
  rpc: 'listPages' | 'refreshMiniProgram' = 'listPages',
) {
  const caller = new AbortController();
  const answer = refusalOf(gateway.rpc(rpc, { appid, requestId }, { signal: caller.signal }));
  const id = await idOf(appid);
  await before(id);
  caller.abort();
  expect((await answer).code).toBe('CANCELLED');
  return id;
}

const get = (id: string) => gateway.rpc('getOperation', { id });
const cancelled = (id: string) => eventually(async () => (await get(id)).state === CANCELLED);

it('An unsent query whose caller cancels ends CANCELLED, is published once and can no longer be claimed', async () => {
  const id = await abandon(newAppid());
  await cancelled(id);
  await expect(worker.claim(id)).rejects.toThrow('finished');
  const of = () =>
    outcomes
      .map(({ value }) => OperationCompleted.fromJSON(JSON.parse(value.toString())))
      .filter(({ operation }) => operation?.id === id);
  await eventually(() => of().length === 1);
  expect(of()).toMatchObject([{ operation: { state: CANCELLED } }]);
});

it('An unsent RefreshMiniProgram whose caller cancels ends CANCELLED, except one with a request_id', async () => {
  const refresh = (requestId: string) => abandon(newAppid(), requestId, undefined, 'refreshMiniProgram');
  const asked = await refresh('refreshed-again');
  await cancelled(await refresh(''));
  expect((await get(asked)).state).toBe(QUEUED);
});

it('An unsent query whose caller cancels while Postgres has lost time is not cancelled', async () => {
  const setBehind = async (behind: boolean) => {
    await database.rows('update history_state set behind = $1', [behind]);
    // The gateway reads it once a second.
    const isRefused = () =>
      refusalOf(gateway.rpc('release', { appid: newAppid() })).then(
        () => true,
        () => false,
      );
    await eventually(async () => (await isRefused()) === behind);
  };
  await setBehind(true);
  const id = await abandon(newAppid());
  await setBehind(false);
  await cancelled(await abandon(newAppid()));
  expect((await get(id)).state).toBe(QUEUED);
});

it('An unsent query whose deadline expires ends CANCELLED and is returned by GetOperation', async () => {
  const appid = newAppid();
  const answer = refusalOf(listPages(appid, '', { deadlineMs: 5_000 }));
  const id = await idOf(appid);
  expect((await answer).code).toBe('DEADLINE_EXCEEDED');
  await cancelled(id);
});

it('A query whose caller cancels continues if it has a request_id, was sent, or has another waiting caller', async () => {
  const asked = await abandon(newAppid(), 'asked-again');
  const sent = await abandon(newAppid(), '', (id) => worker.claim(id));
  let other: Promise<unknown> | undefined;
  const awaited = await abandon(newAppid(), '', async (id) => {
    other = gateway.rpc('waitOperation', { id, timeout: { seconds: 20n }, untilFinal: true });
    await eventually(async () => (await waiting()) === 2);
  });
  // Earlier cancellations are complete by then too.
  await cancelled(await abandon(newAppid()));
  const states = (await Promise.all([asked, sent, awaited].map(get))).map(({ state }) => state);
  expect(states).toEqual([QUEUED, OperationState.OPERATION_STATE_RUNNING, QUEUED]);
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
  const expected = [{ state: 'CANCELLED', n: 900 }];
  await eventually(async () => expect(await database.rows(states, [appid])).toEqual(expected));
  await eventually(async () => (await waiting()) === 0);
});
