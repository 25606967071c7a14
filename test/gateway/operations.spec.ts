import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Operation, OperationState, Resolution } from '@wxa/contracts';
import { accept, ownOperation } from '@wxa/operations';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { readMetric } from '../metrics/exposition.js';
import { readRefusal, refusalOf } from './calls.js';
import { operationCalls } from './operation-calls.js';
import { ScriptedWorker } from './scripted-worker.js';
import { useSharedGateway } from './use-gateway.js';

const UNKNOWN = '01999999-9999-7999-8999-999999999999';
const {
  OPERATION_STATE_QUEUED: QUEUED,
  OPERATION_STATE_IN_DOUBT: IN_DOUBT,
  OPERATION_STATE_FAILED: FAILED,
} = OperationState;
const { backends, gateway, database } = useSharedGateway();
const { commit, submit, get, cancel, list, resolve } = operationCalls(gateway);

/** Waits for an operation and returns its state. */
const wait = async (
  id: string,
  timeout?: { seconds?: bigint; nanos?: number },
  { untilFinal = false, deadlineMs = 20_000 } = {},
) => (await gateway.rpc('waitOperation', { id, timeout, untilFinal }, { deadlineMs })).state;

let worker: ScriptedWorker;
beforeAll(async () => {
  worker = await ScriptedWorker.start(backends);
});
afterAll(() => worker?.stop());

it('GetOperation, WaitOperation, CancelOperation and ResolveOperation fail with NOT_FOUND if the id is unknown or no UUID', async () => {
  const done = { id: UNKNOWN, resolution: Resolution.RESOLUTION_DONE };
  const calls = [get(UNKNOWN), wait(UNKNOWN), cancel(UNKNOWN), resolve(done), get('1')];
  for (const refusal of await Promise.all(calls.map(refusalOf)))
    expect(refusal).toMatchObject({ code: 'NOT_FOUND', reason: 'OPERATION_NOT_FOUND', infos: 1 });
});

it('Requests with an empty id, a negative timeout or invalid filters name each invalid field', async () => {
  const filters = { appid: 'x', method: 'Nothing', pageSize: 501, pageToken: 'zz' };
  for (const [call, fields] of [
    [() => get(''), ['id']],
    [() => wait(UNKNOWN, { seconds: -1n }), ['timeout']],
    [() => list(filters), ['appid', 'method', 'page_size', 'page_token']],
  ] as const) {
    expect(await refusalOf(call())).toMatchObject({ code: 'INVALID_ARGUMENT', fields });
  }
});

it.each(['SUCCEEDED', 'IN_DOUBT'] as const)(
  'WaitOperation returns as soon as the operation is %s',
  async (state) => {
    const { id } = await commit(newAppid());
    const waiting = wait(id);
    await worker.run(id, { state });
    expect(await waiting).toBe(`OPERATION_STATE_${state}`);
  },
);

it('WaitOperation with until_final returns IN_DOUBT only at its timeout, else the final state', async () => {
  const { id } = await commit(newAppid());
  const untilFinal = { untilFinal: true };
  const waiting = wait(id, { seconds: 15n }, untilFinal);
  await worker.run(id, { state: 'IN_DOUBT' });
  // A wait that begins while the operation is in doubt lasts until its timeout.
  expect(await wait(id, { seconds: 1n }, untilFinal)).toBe(IN_DOUBT);
  const late = wait(id, { seconds: 15n }, untilFinal);
  await resolve({ id, resolution: Resolution.RESOLUTION_NOT_DONE });
  expect(await Promise.all([waiting, late])).toEqual([FAILED, FAILED]);
});

it('WaitOperation returns the current state when its timeout or its deadline expires, however far that is', async () => {
  const { id } = await commit(newAppid());
  await eventually(async () => expect(await wait(id, undefined, { deadlineMs: 600 })).toBe(QUEUED));
  // A signed 32-bit integer holds 24.85 days of milliseconds; up to twice that it overflows to a negative number.
  for (const days of [24, 25, 49, 3.65e6]) {
    const deadlineMs = days * 86_400_000;
    expect([days, await wait(id, { nanos: 200_000_000 }, { deadlineMs })]).toEqual([days, QUEUED]);
  }
  expect((await refusalOf(wait(id, { seconds: 1n }, { deadlineMs: 1 }))).code).toBe('DEADLINE_EXCEEDED');
});

it('CancelOperation ends an unsent operation CANCELLED and returns the same operation when it is repeated', async () => {
  const { id } = await commit(newAppid());
  const first = await cancel(id);
  expect(first.state).toBe(OperationState.OPERATION_STATE_CANCELLED);
  expect([await cancel(id), await get(id)]).toEqual([first, first]);
});

it('CancelOperation fails with OPERATION_NOT_CANCELLABLE once the operation runs', async () => {
  const { id } = await commit(newAppid());
  await worker.claim(id);
  const refused = { code: 'FAILED_PRECONDITION', reason: 'OPERATION_NOT_CANCELLABLE', infos: 1 };
  expect(await refusalOf(cancel(id))).toMatchObject(refused);
});

const watch = (appid: string) => {
  const stream = gateway.operations.watchOperations({ appid });
  const seen: string[] = [];
  const ended = new Promise<ServiceError>((resolveEnd) => stream.on('error', resolveEnd));
  stream.on('data', ({ id, state }: Operation) => {
    seen.push(`${id} ${state.replace('OPERATION_STATE_', '')}`);
  });
  return { seen, ended, stop: () => stream.cancel() };
};

it('WatchOperations streams the unfinished operations and then every change of state once and in order', async () => {
  const appid = newAppid();
  const first = await commit(appid);
  const { seen, stop } = watch(appid);
  await eventually(() => seen.length === 1);
  const claimed = await worker.claim(first.id);
  await eventually(() => seen.length === 2);
  await worker.end(claimed, { state: 'SUCCEEDED' });
  await eventually(() => seen.length === 3);
  const second = await commit(appid);
  await commit(newAppid());
  await worker.run(second.id, { state: 'FAILED', error: { reason: 'X' }, silent: true });
  await eventually(() => seen.length >= 6);
  expect(seen).toEqual([
    `${first.id} QUEUED`,
    `${first.id} RUNNING`,
    `${first.id} SUCCEEDED`,
    `${second.id} QUEUED`,
    // Streamed although the state had passed before the next poll.
    `${second.id} RUNNING`,
    `${second.id} FAILED`,
  ]);
  stop();
});

it('WatchOperations sends its initial metadata although nothing is unfinished', async () => {
  const stream = gateway.operations.watchOperations({ appid: newAppid() });
  stream.on('error', () => undefined);
  await once(stream, 'metadata');
  stream.cancel();
});

it('WatchOperations streams an operation that a transaction accepts more than a second after its begin', async () => {
  const appid = newAppid();
  const first = await commit(appid);
  const { seen, stop } = watch(appid);
  await eventually(() => seen.length === 1);
  const client = await database.begin();
  const isOld = "select where clock_timestamp() > now() + interval '1.1 s'";
  await eventually(async () => (await client.query(isOld)).rowCount === 1);
  await worker.claim(first.id);
  await eventually(() => seen.length === 2);
  const operation = ownOperation('Release', { appid, requestId: randomUUID() });
  await accept(client, { writer: 'release-worker', replica: randomUUID(), floor: { id: '0' } }, [operation]);
  await client.query('commit');
  await eventually(() => seen.length === 3);
  expect(seen.at(-1)).toBe(`${operation.id} QUEUED`);
  stop();
});

it('WatchOperations is released when its client cancels, and fails with INVALID_ARGUMENT if the appid is invalid', async () => {
  const watchers = () => readMetric(gateway.http, 'wxa_watch_streams');
  const streams = Array.from({ length: 20 }, () => watch(''));
  await eventually(async () => (await watchers()) === 20);
  for (const { stop } of streams) stop();
  await eventually(async () => (await watchers()) === 0);
  expect(readRefusal(await watch('wx1').ended)).toMatchObject({ code: 'INVALID_ARGUMENT' });
});

const NOT_IN_DOUBT = { code: 'FAILED_PRECONDITION', reason: 'OPERATION_NOT_IN_DOUBT' };

const inDoubt = async (accepted: Promise<Operation>): Promise<string> => {
  const { id } = await accepted;
  await worker.run(id, { state: 'IN_DOUBT' });
  return id;
};

const stored = (id: string) => database.rows('select * from operations where id = $1', [id]);

it('ResolveOperation stores its author and its reason, and names the author to the next one', async () => {
  const id = await inDoubt(commit(newAppid()));
  const resolution = Resolution.RESOLUTION_NOT_DONE;
  const failed = await resolve({ id, resolution, resolvedBy: 'Ada', reason: 'saw it' });
  const error = { reason: 'RESOLVED_NOT_DONE', category: 'ERROR_CATEGORY_STATE' };
  expect(failed).toMatchObject({ state: FAILED, error });
  expect(await stored(id)).toMatchObject([{ resolved_by: 'Ada', resolve_reason: 'saw it' }]);
  const loser = resolve({ id, resolution: Resolution.RESOLUTION_DONE });
  await expect(loser).rejects.toThrow('resolved by Ada');
  expect(await refusalOf(loser)).toMatchObject(NOT_IN_DOUBT);
});

it('ResolveOperation with DONE requires the audit id of a SubmitAudit and stores it unrounded', async () => {
  const id = await inDoubt(submit(newAppid()));
  const without = resolve({ id, resolution: Resolution.RESOLUTION_DONE });
  expect((await refusalOf(without)).fields).toEqual(['audit_id']);
  const done = await resolve({ id, resolution: Resolution.RESOLUTION_DONE, auditId: 9007199254740993n });
  expect(done).toMatchObject({ state: OperationState.OPERATION_STATE_SUCCEEDED });
  expect(done.result).toEqual({ $case: 'submitAudit', value: { auditId: 9007199254740993n } });
  const audits = await database.rows('select audit_id, state from audits where operation_id = $1', [id]);
  expect(audits).toEqual([{ audit_id: '9007199254740993', state: 'OPEN' }]);
});

it('ResolveOperation with RETRY makes the operation RETRYING, and it succeeds when it is run again', async () => {
  const id = await inDoubt(commit(newAppid()));
  const again = await resolve({ id, resolution: Resolution.RESOLUTION_RETRY });
  expect(again.state).toBe(OperationState.OPERATION_STATE_RETRYING);
  await worker.run(id, { state: 'SUCCEEDED' });
  expect((await get(id)).state).toBe(OperationState.OPERATION_STATE_SUCCEEDED);
});

it.each(['DONE', 'NOT_DONE', 'RETRY'] as const)(
  'A repeated ResolveOperation with %s returns the operation and records nothing more, one that differs fails',
  async (decision) => {
    const isDone = decision === 'DONE';
    const id = await inDoubt(submit(newAppid()));
    const resolution = Resolution[`RESOLUTION_${decision}`];
    const request = { id, resolution, resolvedBy: 'Ada', reason: 'saw it', auditId: isDone ? 7n : 0n };
    const first = await resolve(request);
    // A RETRY has often ended before it is repeated.
    if (decision === 'RETRY') await worker.run(id, { state: 'FAILED' });
    expect(await resolve(request)).toEqual(decision === 'RETRY' ? await get(id) : first);
    expect(await database.rows('select from trail where operation_id = $1', [id])).toHaveLength(1);
    const other = { resolution: Resolution[isDone ? 'RESOLUTION_NOT_DONE' : 'RESOLUTION_DONE'] };
    for (const different of [
      { ...other, auditId: isDone ? 0n : 7n },
      { resolvedBy: 'Ben' },
      { reason: 'thought' },
    ])
      expect(await refusalOf(resolve({ ...request, ...different }))).toMatchObject(NOT_IN_DOUBT);
    if (isDone) expect(await refusalOf(resolve({ ...request, auditId: 8n }))).toMatchObject(NOT_IN_DOUBT);
  },
);

it('ResolveOperation reports a missing resolution, author and reason at once and changes nothing', async () => {
  const id = await inDoubt(commit(newAppid()));
  const before = await stored(id);
  const refused = await refusalOf(resolve({ id, resolvedBy: '', reason: '', auditId: -1n }));
  const fields = ['resolution', 'resolved_by', 'reason', 'audit_id'];
  expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', fields });
  expect(await stored(id)).toEqual(before);
});
