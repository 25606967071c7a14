import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Operation, OperationState, Resolution } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { call, readRefusal, refusalOf } from './calls.js';
import { operationCalls } from './operation-calls.js';
import { ScriptedWorker } from './scripted-worker.js';
import { useSharedGateway } from './use-gateway.js';

const UNKNOWN = '01999999-9999-7999-8999-999999999999';
const { backends, gateway } = useSharedGateway();
const { ops, commit, get, list, resolve } = operationCalls(gateway);

let worker: ScriptedWorker;
beforeAll(async () => {
  worker = await ScriptedWorker.start(backends);
}, 60_000);
afterAll(() => worker?.stop());

describe('operation ids', () => {
  it.each([
    ['GetOperation', () => get(UNKNOWN)],
    [
      'WaitOperation',
      () => call(ops(), ops().waitOperation, { id: UNKNOWN, timeout: undefined, untilFinal: false }),
    ],
    ['CancelOperation', () => call(ops(), ops().cancelOperation, { id: UNKNOWN, reason: '' })],
    ['ResolveOperation', () => resolve({ id: UNKNOWN, resolution: Resolution.RESOLUTION_DONE })],
  ])('%s fails with NOT_FOUND if the id is unknown', async (_name, attempt) => {
    expect(await refusalOf(attempt())).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'OPERATION_NOT_FOUND',
      infos: 1,
    });
  });

  it('GetOperation fails with NOT_FOUND if the id is not a UUID and with INVALID_ARGUMENT if it is empty', async () => {
    expect(await refusalOf(get('1'))).toMatchObject({ code: 'NOT_FOUND', reason: 'OPERATION_NOT_FOUND' });
    expect(await refusalOf(get(''))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'id' }],
    });
  });
});

describe('ListOperations', () => {
  it('ListOperations reports every invalid filter', async () => {
    const { violations } = await refusalOf(
      list({ appid: 'x', method: 'Nothing', pageSize: 501, pageToken: 'zz' }),
    );
    expect(violations.map(({ field }) => field)).toEqual(['appid', 'method', 'page_size', 'page_token']);
  });
});

describe('WaitOperation', () => {
  it('WaitOperation returns as soon as the operation is final', async () => {
    const { id } = await commit(newAppid());
    const waiting = call(ops(), ops().waitOperation, {
      id,
      timeout: { seconds: 15n, nanos: 0 },
      untilFinal: false,
    });
    await worker.run(id, { state: 'SUCCEEDED' });
    expect((await waiting).state).toBe(OperationState.OPERATION_STATE_SUCCEEDED);
  });

  it('WaitOperation returns as soon as the operation is IN_DOUBT', async () => {
    const { id } = await commit(newAppid());
    const waiting = call(ops(), ops().waitOperation, { id, timeout: undefined, untilFinal: false });
    await worker.run(id, { state: 'IN_DOUBT' });
    expect((await waiting).state).toBe(OperationState.OPERATION_STATE_IN_DOUBT);
  });

  it('WaitOperation with until_final returns IN_DOUBT only at its timeout, else the final state', async () => {
    const { id } = await commit(newAppid());
    const wait = (seconds: bigint) => {
      const request = { id, timeout: { seconds, nanos: 0 }, untilFinal: true };
      return call(ops(), ops().waitOperation, request);
    };
    const waiting = wait(15n);
    await worker.run(id, { state: 'IN_DOUBT' });
    // A wait that begins while the operation is in doubt lasts until its timeout.
    expect((await wait(1n)).state).toBe(OperationState.OPERATION_STATE_IN_DOUBT);
    const late = wait(15n);
    await resolve({ id, resolution: Resolution.RESOLUTION_NOT_DONE });
    const ended = [OperationState.OPERATION_STATE_FAILED, OperationState.OPERATION_STATE_FAILED];
    expect((await Promise.all([waiting, late])).map(({ state }) => state)).toEqual(ended);
  });

  it('WaitOperation returns the current state when its timeout or its deadline expires', async () => {
    const { id } = await commit(newAppid());
    const answer = await call(ops(), ops().waitOperation, {
      id,
      timeout: { seconds: 0n, nanos: 200_000_000 },
      untilFinal: false,
    });
    expect(answer.state).toBe(OperationState.OPERATION_STATE_QUEUED);
    const beforeDeadline = call(
      ops(),
      ops().waitOperation,
      { id, timeout: undefined, untilFinal: false },
      { deadlineMs: 600 },
    );
    expect((await beforeDeadline).state).toBe(OperationState.OPERATION_STATE_QUEUED);
  });

  it('WaitOperation rejects a negative timeout', async () => {
    const attempt = call(ops(), ops().waitOperation, {
      id: UNKNOWN,
      timeout: { seconds: -1n, nanos: 0 },
      untilFinal: false,
    });
    expect((await refusalOf(attempt)).violations.map(({ field }) => field)).toEqual(['timeout']);
  });
});

describe('CancelOperation', () => {
  it('CancelOperation ends an unsent operation CANCELLED and returns the same operation when it is repeated', async () => {
    const { id } = await commit(newAppid());
    const cancel = () => call(ops(), ops().cancelOperation, { id, reason: '' });
    const first = await cancel();
    expect(first.state).toBe(OperationState.OPERATION_STATE_CANCELLED);
    expect(await cancel()).toEqual(first);
    expect(await get(id)).toEqual(first);
  });

  it('CancelOperation fails with OPERATION_NOT_CANCELLABLE once the operation runs', async () => {
    const { id } = await commit(newAppid());
    await worker.claim(id);
    expect(await refusalOf(call(ops(), ops().cancelOperation, { id, reason: '' }))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'OPERATION_NOT_CANCELLABLE',
      infos: 1,
    });
  });
});

describe('WatchOperations', () => {
  const watch = (appid: string) => {
    const stream = ops().watchOperations({ appid });
    const seen: string[] = [];
    const ended = new Promise<unknown>((resolveEnd) => stream.on('error', resolveEnd));
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

  it('WatchOperations is released when its client cancels, and fails with INVALID_ARGUMENT if the appid is invalid', async () => {
    const watchers = async () => {
      const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
      return Number(/^wxa_watch_streams (\d+)$/m.exec(metrics)?.[1]);
    };
    const streams = Array.from({ length: 20 }, () => watch(''));
    await eventually(async () => (await watchers()) === 20);
    for (const { stop } of streams) stop();
    await eventually(async () => (await watchers()) === 0);
    const refused = await watch('wx1').ended;
    expect(readRefusal(refused as Parameters<typeof readRefusal>[0])).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });
});
