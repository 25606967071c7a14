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
import { HandWorker } from './hand-worker.js';
import { aPlace, type RunningGateway, startGateway } from './running-gateway.js';
import { TheDatabase } from './the-database.js';

const UNKNOWN = '01999999-9999-7999-8999-999999999999';
let gateway: RunningGateway;
/** A second one over the same database. */
let other: RunningGateway;
let database: TheDatabase;
let worker: HandWorker;
let apps = 0;
const anAppid = () => `wx${(apps++).toString(16).padStart(16, 'c')}`;

beforeAll(async () => {
  const place = await aPlace();
  [gateway, other] = await Promise.all([startGateway(place), startGateway(place)]);
  database = new TheDatabase(place.databaseUrl);
  worker = await HandWorker.start(place);
}, 60_000);

afterAll(async () => {
  await worker?.stop();
  await Promise.all([gateway?.stop(), other?.stop()]);
  await database?.close();
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

describe('an id', () => {
  it.each([
    ['GetOperation', () => get(UNKNOWN)],
    [
      'WaitOperation',
      () => call(ops(), ops().waitOperation, { id: UNKNOWN, timeout: undefined, untilFinal: false }),
    ],
    ['CancelOperation', () => call(ops(), ops().cancelOperation, { id: UNKNOWN })],
    ['ResolveOperation', () => resolve({ id: UNKNOWN, resolution: Resolution.RESOLUTION_DONE })],
  ])('that nobody knows is NOT_FOUND for %s', async (_name, attempt) => {
    expect(await refusalOf(attempt())).toMatchObject({
      code: 'NOT_FOUND',
      reason: 'OPERATION_NOT_FOUND',
      infos: 1,
    });
  });

  it('that no operation can have is NOT_FOUND too, and none at all is refused', async () => {
    expect(await refusalOf(get('1'))).toMatchObject({ code: 'NOT_FOUND', reason: 'OPERATION_NOT_FOUND' });
    expect(await refusalOf(get(''))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'id' }],
    });
  });
});

describe('ListOperations', () => {
  it('pages through what fits, newest first', async () => {
    const appid = anAppid();
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
    const misused = list({ appid: anAppid(), pageToken: first.nextPageToken });
    expect(await refusalOf(misused)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: [{ field: 'page_token' }],
    });
  });

  it('leaves out a result over 64 KB, which GetOperation gives', async () => {
    const appid = anAppid();
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

  it('names every faulty filter', async () => {
    const { violations } = await refusalOf(
      list({ appid: 'x', method: 'Nothing', pageSize: 501, pageToken: 'zz' }),
    );
    expect(violations.map(({ field }) => field)).toEqual(['appid', 'method', 'page_size', 'page_token']);
  });
});

describe('WaitOperation', () => {
  it('answers as soon as the operation is final', async () => {
    const { id } = await commit(anAppid());
    const waiting = call(ops(), ops().waitOperation, {
      id,
      timeout: { seconds: 15n, nanos: 0 },
      untilFinal: false,
    });
    await worker.run(id, { state: 'SUCCEEDED' });
    expect((await waiting).state).toBe(OperationState.OPERATION_STATE_SUCCEEDED);
  });

  it('answers as soon as it is in doubt', async () => {
    const { id } = await commit(anAppid());
    const waiting = call(ops(), ops().waitOperation, { id, timeout: undefined, untilFinal: false });
    await worker.run(id, { state: 'IN_DOUBT' });
    expect((await waiting).state).toBe(OperationState.OPERATION_STATE_IN_DOUBT);
  });

  it('waits through a doubt with until_final, and answers once the operation is final', async () => {
    const { id } = await commit(anAppid());
    const wait = (seconds: bigint) => {
      const request = { id, timeout: { seconds, nanos: 0 }, untilFinal: true };
      return call(ops(), ops().waitOperation, request);
    };
    const waiting = wait(15n);
    await worker.run(id, { state: 'IN_DOUBT' });
    // Waits that begin in the doubt last as long as they may.
    expect((await wait(1n)).state).toBe(OperationState.OPERATION_STATE_IN_DOUBT);
    const late = wait(15n);
    await resolve({ id, resolution: Resolution.RESOLUTION_NOT_DONE });
    const ended = [OperationState.OPERATION_STATE_FAILED, OperationState.OPERATION_STATE_FAILED];
    expect((await Promise.all([waiting, late])).map(({ state }) => state)).toEqual(ended);
  });

  it('answers as it is when the time is up', async () => {
    const { id } = await commit(anAppid());
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

  it('refuses a negative time', async () => {
    const attempt = call(ops(), ops().waitOperation, {
      id: UNKNOWN,
      timeout: { seconds: -1n, nanos: 0 },
      untilFinal: false,
    });
    expect((await refusalOf(attempt)).violations.map(({ field }) => field)).toEqual(['timeout']);
  });
});

describe('CancelOperation', () => {
  it('cancels what was not sent, answers a repeat, and publishes it once', async () => {
    const { id } = await commit(anAppid());
    const cancel = () => call(ops(), ops().cancelOperation, { id });
    const first = await cancel();
    expect(first.state).toBe(OperationState.OPERATION_STATE_CANCELLED);
    expect(await cancel()).toEqual(first);
    expect(await get(id)).toEqual(first);
  });

  it('is too late once the operation runs', async () => {
    const { id } = await commit(anAppid());
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
    'refuses what is %s, and leaves it so',
    async (state) => {
      const { id } = await commit(anAppid());
      if (state !== 'QUEUED') await worker.run(id, { state });
      const before = await stored(id);
      expect(await refusalOf(resolve({ id, resolution: Resolution.RESOLUTION_DONE }))).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'OPERATION_NOT_IN_DOUBT',
      });
      expect(await stored(id)).toEqual(before);
    },
  );

  it('hears one of two people who settle it at two gateways at once, and tells the other who it was', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => inDoubt(commit(anAppid()))));
    const words = [
      { resolution: Resolution.RESOLUTION_DONE, resolvedBy: 'Ada', state: 'SUCCEEDED' },
      { resolution: Resolution.RESOLUTION_NOT_DONE, resolvedBy: 'Ben', state: 'FAILED' },
    ];
    const say = (id: string, n: number) => {
      const at = n === 0 ? gateway.operations : other.operations;
      const request = { ...ResolveOperationRequest.create(), id, reason: 'saw it', ...words[n] };
      return call(at, at.resolveOperation, request);
    };
    for (const id of ids) {
      const said = await Promise.allSettled([say(id, 0), say(id, 1)]);
      const winner = said.findIndex(({ status }) => status === 'fulfilled');
      const [told] = said.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      expect(readRefusal(told)).toMatchObject({
        code: 'FAILED_PRECONDITION',
        reason: 'OPERATION_NOT_IN_DOUBT',
      });
      const { state, resolvedBy } = words[winner] ?? {};
      expect(String(told.details)).toContain(`resolved by ${resolvedBy}`);
      expect(await stored(id)).toMatchObject([{ state, resolved_by: resolvedBy, resolve_reason: 'saw it' }]);
    }
  });

  it('settles a SubmitAudit as done with its audit id, unrounded', async () => {
    const id = await inDoubt(submit(anAppid()));
    const without = resolve({ id, resolution: Resolution.RESOLUTION_DONE });
    expect((await refusalOf(without)).violations.map(({ field }) => field)).toEqual(['audit_id']);
    const done = await resolve({ id, resolution: Resolution.RESOLUTION_DONE, auditId: 9007199254740993n });
    expect(done).toMatchObject({ state: OperationState.OPERATION_STATE_SUCCEEDED });
    expect(done.result).toEqual({ $case: 'submitAudit', value: { auditId: 9007199254740993n } });
    const audits = await database.rows('select audit_id, state from audits where operation_id = $1', [id]);
    expect(audits).toEqual([{ audit_id: '9007199254740993', state: 'OPEN' }]);
  });

  it('settles as not done', async () => {
    const id = await inDoubt(commit(anAppid()));
    const failed = await resolve({ id, resolution: Resolution.RESOLUTION_NOT_DONE });
    expect(failed).toMatchObject({ state: OperationState.OPERATION_STATE_FAILED });
    expect(failed.error).toMatchObject({ reason: 'RESOLVED_NOT_DONE', category: 'ERROR_CATEGORY_STATE' });
  });

  it('has it sent again', async () => {
    const id = await inDoubt(commit(anAppid()));
    const again = await resolve({ id, resolution: Resolution.RESOLUTION_RETRY });
    expect(again.state).toBe(OperationState.OPERATION_STATE_RETRYING);
    await worker.run(id, { state: 'SUCCEEDED' });
    expect((await get(id)).state).toBe(OperationState.OPERATION_STATE_SUCCEEDED);
  });

  it('wants to know who and why, and changes nothing without', async () => {
    const id = await inDoubt(commit(anAppid()));
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

  it('shows what is unfinished, then every change, once each and in order', async () => {
    const appid = anAppid();
    const first = await commit(appid);
    const { seen, stop } = watch(appid);
    await eventually(() => seen.length === 1);
    const claimed = await worker.claim(first.id);
    await eventually(() => seen.length === 2);
    await worker.end(claimed, { state: 'SUCCEEDED' });
    await eventually(() => seen.length === 3);
    const second = await commit(appid);
    await commit(anAppid());
    await worker.run(second.id, { state: 'FAILED', error: { reason: 'X' }, silent: true });
    await eventually(() => seen.length >= 6);
    expect(seen).toEqual([
      `${first.id} QUEUED`,
      `${first.id} RUNNING`,
      `${first.id} SUCCEEDED`,
      `${second.id} QUEUED`,
      // Over before anybody looked, and told all the same.
      `${second.id} RUNNING`,
      `${second.id} FAILED`,
    ]);
    stop();
  });

  it('is freed when its client goes, and refuses a faulty appid', async () => {
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
