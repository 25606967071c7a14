import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CommitRequest,
  ListOperationsRequest,
  type Operation,
  OperationState,
  Resolution,
  ResolveOperationRequest,
  SubmitAuditRequest,
} from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call, readRefusal, refusalOf } from './calls.js';
import { type RunningGateway, startGateway } from './running-gateway.js';
import { ScriptedWorker } from './scripted-worker.js';
import { useGateway } from './use-gateway.js';

const UNKNOWN = '01999999-9999-7999-8999-999999999999';
const { backends, gateway, database } = useGateway();

/** A second gateway over the same database. */
let other: RunningGateway;
let worker: ScriptedWorker;
let apps = 0;
const newAppid = () => `wx${(apps++).toString(16).padStart(16, 'c')}`;

beforeAll(async () => {
  other = await startGateway(backends);
  worker = await ScriptedWorker.start(backends);
}, 60_000);

afterAll(async () => {
  await worker?.stop();
  await other?.stop();
});

const ops = () => gateway.operations;
const commit = (appid: string): Promise<Operation> =>
  call(
    gateway.code,
    gateway.code.commit,
    CommitRequest.fromPartial({ appid, templateId: 1n, userVersion: 'V1' }),
  );
const submit = (appid: string): Promise<Operation> => {
  const item = { firstClass: 'a', firstId: 1, secondClass: 'b', secondId: 2 };
  return call(
    gateway.code,
    gateway.code.submitAudit,
    SubmitAuditRequest.fromPartial({ appid, items: [item] }),
  );
};
const get = (id: string) => call(ops(), ops().getOperation, { id });
const list = (fields: Partial<ListOperationsRequest>) =>
  call(ops(), ops().listOperations, ListOperationsRequest.fromPartial(fields));
const resolve = (fields: Partial<ResolveOperationRequest>) =>
  call(ops(), ops().resolveOperation, {
    ...ResolveOperationRequest.create(),
    resolvedBy: 'op',
    reason: 'asked WeChat',
    ...fields,
  });

describe('operation ids', () => {
  it.each([
    ['GetOperation', () => get(UNKNOWN)],
    [
      'WaitOperation',
      () => call(ops(), ops().waitOperation, { id: UNKNOWN, timeout: undefined, untilFinal: false }),
    ],
    ['CancelOperation', () => call(ops(), ops().cancelOperation, { id: UNKNOWN })],
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
  it('ListOperations returns the matching operations page by page, newest first, and rejects a page token of another filter', async () => {
    const appid = newAppid();
    const made: string[] = [];
    for (let i = 0; i < 5; i += 1) made.unshift((await commit(appid)).id);
    const first = await list({ appid, pageSize: 2 });
    const second = await list({ appid, pageSize: 2, pageToken: first.nextPageToken });
    const third = await list({ appid, pageSize: 2, pageToken: second.nextPageToken });
    const ids = [first, second, third].flatMap((page) => page.operations.map(({ id }) => id));
    expect(ids).toEqual(made);
    expect(third.nextPageToken).toBe('');
    expect((await list({ appid, method: 'Release' })).operations).toEqual([]);
    expect((await list({ appid, state: OperationState.OPERATION_STATE_QUEUED })).operations.length).toBe(5);
    const misused = list({ appid: newAppid(), pageToken: first.nextPageToken });
    expect(await refusalOf(misused)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'page_token' }],
    });
  });

  it('ListOperations omits a result over 64 KB, which GetOperation returns', async () => {
    const appid = newAppid();
    for (const bytes of [40_000, 80_000]) {
      const { id } = await submit(appid);
      const filling = randomBytes(bytes).toString('base64');
      await worker.run(id, { state: 'SUCCEEDED', result: { auditId: '7', filling } });
    }
    const { operations } = await list({ appid });
    const result = { $case: 'submitAudit', value: { auditId: 7n } };
    expect(operations.map((operation) => operation.result)).toEqual([undefined, result]);
    expect((await get(operations[0]?.id ?? '')).result).toEqual(result);
  });

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
    const cancel = () => call(ops(), ops().cancelOperation, { id });
    const first = await cancel();
    expect(first.state).toBe(OperationState.OPERATION_STATE_CANCELLED);
    expect(await cancel()).toEqual(first);
    expect(await get(id)).toEqual(first);
  });

  it('CancelOperation fails with OPERATION_NOT_CANCELLABLE once the operation runs', async () => {
    const { id } = await commit(newAppid());
    await worker.claim(id);
    expect(await refusalOf(call(ops(), ops().cancelOperation, { id }))).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'OPERATION_NOT_CANCELLABLE',
      infos: 1,
    });
  });
});

describe('ResolveOperation', () => {
  const inDoubt = async (accepted: Promise<Operation>): Promise<string> => {
    const { id } = await accepted;
    await worker.run(id, { state: 'IN_DOUBT' });
    return id;
  };

  const stored = (id: string) => database.rows('select * from operations where id = $1', [id]);

  it.each(['SUCCEEDED', 'FAILED', 'QUEUED'] as const)(
    'ResolveOperation fails with OPERATION_NOT_IN_DOUBT if the operation is %s and does not change it',
    async (state) => {
      const { id } = await commit(newAppid());
      if (state !== 'QUEUED') await worker.run(id, { state });
      const before = await stored(id);
      expect(await refusalOf(resolve({ id, resolution: Resolution.RESOLUTION_DONE }))).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'OPERATION_NOT_IN_DOUBT',
      });
      expect(await stored(id)).toEqual(before);
    },
  );

  it('ResolveOperation applies one of two concurrent resolutions at two gateways and names its author to the other', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => inDoubt(commit(newAppid()))));
    const resolutions = [
      { resolution: Resolution.RESOLUTION_DONE, resolvedBy: 'Ada', state: 'SUCCEEDED' },
      { resolution: Resolution.RESOLUTION_NOT_DONE, resolvedBy: 'Ben', state: 'FAILED' },
    ];
    const resolveAt = (id: string, n: number) => {
      const at = n === 0 ? gateway.operations : other.operations;
      const request = { ...ResolveOperationRequest.create(), id, reason: 'saw it', ...resolutions[n] };
      return call(at, at.resolveOperation, request);
    };
    for (const id of ids) {
      const results = await Promise.allSettled([resolveAt(id, 0), resolveAt(id, 1)]);
      const winner = results.findIndex(({ status }) => status === 'fulfilled');
      const [loser] = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      expect(readRefusal(loser)).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'OPERATION_NOT_IN_DOUBT',
      });
      const { state, resolvedBy } = resolutions[winner] ?? {};
      expect(String(loser.details)).toContain(`resolved by ${resolvedBy}`);
      expect(await stored(id)).toMatchObject([{ state, resolved_by: resolvedBy, resolve_reason: 'saw it' }]);
    }
  });

  it('ResolveOperation with DONE requires the audit id of a SubmitAudit and stores it unrounded', async () => {
    const id = await inDoubt(submit(newAppid()));
    const without = resolve({ id, resolution: Resolution.RESOLUTION_DONE });
    expect((await refusalOf(without)).violations.map(({ field }) => field)).toEqual(['audit_id']);
    const done = await resolve({ id, resolution: Resolution.RESOLUTION_DONE, auditId: 9007199254740993n });
    expect(done).toMatchObject({ state: OperationState.OPERATION_STATE_SUCCEEDED });
    expect(done.result).toEqual({ $case: 'submitAudit', value: { auditId: 9007199254740993n } });
    const audits = await database.rows('select audit_id, state from audits where operation_id = $1', [id]);
    expect(audits).toEqual([{ audit_id: '9007199254740993', state: 'OPEN' }]);
  });

  it('ResolveOperation with NOT_DONE ends the operation FAILED with RESOLVED_NOT_DONE', async () => {
    const id = await inDoubt(commit(newAppid()));
    const failed = await resolve({ id, resolution: Resolution.RESOLUTION_NOT_DONE });
    expect(failed).toMatchObject({ state: OperationState.OPERATION_STATE_FAILED });
    expect(failed.error).toMatchObject({ reason: 'RESOLVED_NOT_DONE', category: 'ERROR_CATEGORY_STATE' });
  });

  it('ResolveOperation with RETRY makes the operation RETRYING, and it succeeds when it is run again', async () => {
    const id = await inDoubt(commit(newAppid()));
    const again = await resolve({ id, resolution: Resolution.RESOLUTION_RETRY });
    expect(again.state).toBe(OperationState.OPERATION_STATE_RETRYING);
    await worker.run(id, { state: 'SUCCEEDED' });
    expect((await get(id)).state).toBe(OperationState.OPERATION_STATE_SUCCEEDED);
  });

  it('ResolveOperation reports a missing resolution, author and reason at once and changes nothing', async () => {
    const id = await inDoubt(commit(newAppid()));
    const before = await stored(id);
    const { code, violations } = await refusalOf(resolve({ id, resolvedBy: '', reason: '', auditId: -1n }));
    expect(code).toBe('INVALID_ARGUMENT');
    expect(await stored(id)).toEqual(before);
    expect(violations.map(({ field }) => field)).toEqual(['resolution', 'resolved_by', 'reason', 'audit_id']);
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
