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

/**
 * Changes and queries, with the gRPC status of a failed query. The categories of all errcodes:
 * libs/wxa-client/src/errcodes/errcodes.spec.ts; the statuses of all categories:
 * apps/gateway/src/errors/rpc-error.spec.ts.
 */
const REFUSALS: [Method, number, string, status?: string][] = [
  ['Commit', 85013, 'CONTENT'],
  // A retry with this errcode would succeed.
  ['SpeedUpAudit', 89404, 'STATE'],
  ['Release', 61003, 'PERMISSION'],
  ['GetTrialQrCode', 45009, 'QUOTA', 'RESOURCE_EXHAUSTED'],
  ['GetGrayReleasePlan', 42007, 'TOKEN', 'FAILED_PRECONDITION'],
  // An undocumented errcode.
  ['Commit', 1234567, 'INTERNAL'],
  ['ListPages', 1234567, 'INTERNAL', 'INTERNAL'],
];

const request = (method: Method) => EXCHANGES[method][0]?.request ?? {};

it.each(REFUSALS)(
  '%s fails after one call if WeChat answers %i, with category %s',
  async (...[method, errcode, category, status]) => {
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
      ...{ code: status, reason, domain: 'wxa.code.v1', infos: 1 },
      metadata: { errcode: String(errcode), errmsg, rid, api, category, retryable: 'false' },
      ...{ violations: [], fields: [], retryAfterMs: undefined },
    });
  },
);
