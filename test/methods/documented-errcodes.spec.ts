import { expect, it } from '@jest/globals';
import { METHODS, type Method, type Operation } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { refusalOf } from '../gateway/calls.js';
import { useSharedWorld, world } from '../use-world.js';
import { APIS, called } from './exchange.js';
import { EXCHANGES } from './exchanges.js';
import { onlyOperation } from './only-operation.js';

const RID = /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/;
const NAME = /^[A-Z][A-Z0-9_]+$/;

useSharedWorld('release');

/** The gRPC status of a failed query by error category. */
const STATUSES = {
  QUOTA: 'RESOURCE_EXHAUSTED',
  TOKEN: 'FAILED_PRECONDITION',
  STATE: 'FAILED_PRECONDITION',
  PERMISSION: 'PERMISSION_DENIED',
  CONTENT: 'INVALID_ARGUMENT',
  REQUEST: 'INVALID_ARGUMENT',
  INTERNAL: 'INTERNAL',
};

/** Each category for a change and for a query. The categories of all errcodes: libs/wxa-client/src/errcodes/errcodes.spec.ts. */
const REFUSALS: [Method, number, keyof typeof STATUSES][] = [
  ['UndoAudit', 45009, 'QUOTA'],
  ['GetTrialQrCode', 45009, 'QUOTA'],
  ['Commit', 85013, 'CONTENT'],
  ['SubmitAudit', 86002, 'STATE'],
  // A retry with this errcode would succeed.
  ['SpeedUpAudit', 89404, 'STATE'],
  ['GrayRelease', 40097, 'REQUEST'],
  ['RevertGrayRelease', 48001, 'PERMISSION'],
  ['ListCategories', 61007, 'PERMISSION'],
  ['Release', 61003, 'PERMISSION'],
  ['GetGrayReleasePlan', 42007, 'TOKEN'],
  ['GetLatestAuditStatus', 85058, 'STATE'],
  ['GetSupportVersion', 47001, 'REQUEST'],
  ['ListCategories', 85077, 'CONTENT'],
  // An undocumented errcode.
  ['Commit', 1234567, 'INTERNAL'],
  ['ListPages', 1234567, 'INTERNAL'],
];

const request = (method: Method) => EXCHANGES[method][0]?.request ?? {};

it.each(REFUSALS)(
  '%s fails after one call if WeChat answers %i, with category %s',
  async (method, errcode, category) => {
    const appid = newAppid();
    const { api } = APIS[method];
    await world.sim.addFault({ api, appid, kind: 'errcode', errcode, errmsg: '不行 no' });
    const call = world.call(method, { ...request(method), appid });
    const isQuery = METHODS[method].kind === 'query';
    const refusal = isQuery ? await refusalOf(call) : undefined;
    const { id } = isQuery ? await onlyOperation(world, appid) : ((await call) as Operation);
    const operation = await world.wait(id);

    expect(operation).toMatchObject({ state: 'OPERATION_STATE_FAILED', attempts: 1, result: undefined });
    expect(operation.error).toEqual({
      errcode,
      errmsg: expect.stringMatching(/^不行 no rid: /),
      rid: expect.stringMatching(RID),
      reason: expect.stringMatching(NAME),
      category: `ERROR_CATEGORY_${category}`,
      retryable: false,
      arguments: {},
      hint: expect.stringMatching(/^[A-Z].+\.( \[.+\])?$/),
    });
    const { errmsg = '', rid = '', reason, hint } = operation.error ?? {};
    const published = { errcode, errmsg, rid, reason, hint, category: `ERROR_CATEGORY_${category}` };
    await eventually(() => world.messages('OperationCompleted', appid).length === 1);
    expect(world.messages('OperationCompleted', appid)[0]?.json).toMatchObject({
      operation: { id, state: 'OPERATION_STATE_FAILED', attempts: 1, error: published },
    });
    const calls = await world.sim.calls({ appid });
    expect(calls.map((one) => one.api)).toEqual(called(method));
    expect(calls.at(-1)?.errcode).toBe(errcode);
    if (!isQuery) return;
    expect(refusal).toEqual({
      ...{ code: STATUSES[category], reason, domain: 'wxa.code.v1', infos: 1 },
      metadata: { errcode: String(errcode), errmsg, rid, api, category, retryable: 'false' },
      ...{ violations: [], retryAfterMs: undefined },
    });
  },
);

it('A call answered with 45011 or 9402202 is repeated after at least 1 s and succeeds', async () => {
  const cases = [
    { method: 'Commit', errcode: 45011 },
    { method: 'ListCategories', errcode: 9402202 },
  ] as const;
  await Promise.all(
    cases.map(async ({ method, errcode }) => {
      const [appid, { api }] = [newAppid(), APIS[method]];
      await world.sim.addFault({ api, appid, kind: 'errcode', errcode });
      await world.call(method, { ...request(method), appid });
      const operation = await world.wait((await onlyOperation(world, appid)).id);
      expect(operation).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 2 });
      const [refused, done] = await world.sim.calls({ appid, api });
      expect([refused?.errcode, done?.errcode]).toEqual([errcode, 0]);
      expect((done?.startedAt ?? 0) - (refused?.startedAt ?? 0)).toBeGreaterThanOrEqual(1000);
    }),
  );
});
