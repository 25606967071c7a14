import { describe, expect, it } from '@jest/globals';
import type { Method, RequestOf } from '@wxa/contracts';
import type { FaultOrder } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { SNAPSHOT_READS } from '../methods/exchange.js';
import { useSharedWorld, world } from '../use-world.js';
import { AUDIT_ITEM } from './audit-item.js';
import {
  ask,
  CHANGE_CASES,
  type ChangeCase,
  effects,
  ended,
  latestAuditId,
  prepared,
} from './change-cases.js';

useSharedWorld('doubts');

const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';
const FAILED = 'OPERATION_STATE_FAILED';
const LAG_MS = 1_500;
const AUDIT_READ = 'wxa/get_latest_auditstatus';
const VERSION_READ = 'wxa/getversioninfo';
const PLAN_READ = 'wxa/getgrayreleaseplan';

type Expectation = Partial<RequestOf<Method>>;

interface Conditional {
  method: Method;
  read: string;
  holds(appid: string): Promise<Expectation>;
  /** Each of these does not hold. */
  fails(appid: string): Promise<Expectation[]>;
}

const audit = (method: Method): Conditional => ({
  method,
  read: AUDIT_READ,
  holds: async (appid) => ({ expectedAuditId: await latestAuditId(world, appid) }),
  fails: async (appid) => [{ expectedAuditId: (await latestAuditId(world, appid)) - 1n }],
});

const auditAndVersion = (method: Method): Conditional => ({
  ...audit(method),
  holds: async (appid) => ({ ...(await audit(method).holds(appid)), expectedUserVersion: '2.0' }),
  fails: async (appid) => [...(await audit(method).fails(appid)), { expectedUserVersion: '1.0' }],
});

const version = (method: Method, expectedUserVersion: string, another: string): Conditional => ({
  method,
  read: VERSION_READ,
  holds: async () => ({ expectedUserVersion }),
  fails: async () => [{ expectedUserVersion: another }],
});

/** Every change with a precondition, in the state in which its change case leaves a mini-program. */
const CONDITIONAL: readonly Conditional[] = [
  version('SubmitAudit', '2.0', '1.0'),
  auditAndVersion('Release'),
  version('RevertRelease', '3.0', '2.0'),
  auditAndVersion('GrayRelease'),
  audit('RevertGrayRelease'),
  audit('UndoAudit'),
];

const calls = async (appid: string) => (await world.sim.calls({ appid })).map(({ api }) => api);
const caseOf = (method: Method) => CHANGE_CASES.find((one) => one.method === method) as ChangeCase;

/** A mini-program in which WeChat would execute the change, and the number of effects it has by then. */
async function ready(method: Method) {
  const [one, appid] = [caseOf(method), newAppid()];
  const { request } = await prepared(one, world, appid);
  return { one, appid, request, before: (await effects(one, world, appid)).length };
}

/** Runs every change with a precondition that holds, whose call meets a fault. */
function runAll(fault?: Omit<FaultOrder, 'api' | 'appid'>, readLagMs = 0) {
  return Promise.all(
    CONDITIONAL.map(async ({ method, holds }) => {
      const { one, appid, request, before } = await ready(method);
      const expected = await holds(appid);
      await world.sim.patch(appid, { readLagMs });
      if (fault !== undefined) await world.sim.addFault({ api: one.api, appid, ...fault } as FaultOrder);
      const { id } = await ask({ ...one, request: { ...request, ...expected } }, world, appid);
      const { state, attempts, error } = await ended(world, id);
      return { method, state, attempts, error, done: (await effects(one, world, appid)).length - before };
    }),
  );
}

describe('a change with a precondition', () => {
  it.concurrent('Every change whose precondition holds is executed once', async () => {
    for (const { method, state, attempts, done } of await runAll())
      expect([method, state, attempts, done]).toEqual([method, SUCCEEDED, 1, 1]);
  }, 60_000);

  it.concurrent('Every change whose precondition does not hold fails with VERSION_MISMATCH after three reads, without a call', async () => {
    const runs = CONDITIONAL.map(async ({ method, read, fails }) => {
      const { one, appid, request } = await ready(method);
      for (const expected of await fails(appid)) {
        const earlier = (await calls(appid)).length;
        const { id } = await ask({ ...one, request: { ...request, ...expected } }, world, appid);
        expect([method, await ended(world, id)]).toMatchObject([
          method,
          { state: FAILED, attempts: 0, error: { errcode: 0, reason: 'VERSION_MISMATCH', retryable: false } },
        ]);
        const made = (await calls(appid)).slice(earlier);
        expect([method, made]).toEqual([method, [SNAPSHOT_READS[method] ?? [], read, read, read].flat()]);
      }
    });
    await Promise.all(runs);
  }, 60_000);

  it.concurrent('A change is executed although its precondition appears to hold only 1.5 s later', async () => {
    const [submitting, undoing] = [await ready('SubmitAudit'), await ready('SubmitAudit')];
    for (const { appid } of [submitting, undoing]) await world.sim.patch(appid, { readLagMs: LAG_MS });
    await world.run('Commit', { appid: submitting.appid, templateId: 1n, userVersion: '3.0' });
    const submitted = await world.run('SubmitAudit', {
      appid: submitting.appid,
      items: [AUDIT_ITEM],
      expectedUserVersion: '3.0',
    });
    expect(submitted).toMatchObject({ state: SUCCEEDED, attempts: 1 });
    const { result } = await world.run('SubmitAudit', { appid: undoing.appid, items: [AUDIT_ITEM] });
    const expectedAuditId = result?.$case === 'submitAudit' ? result.value.auditId : 0n;
    expect(await world.run('UndoAudit', { appid: undoing.appid, expectedAuditId })).toMatchObject({
      ...{ state: SUCCEEDED, attempts: 1 },
    });
  }, 60_000);
});

describe('a change with a precondition whose response is lost', () => {
  it.concurrent.each<[string, Omit<FaultOrder, 'api' | 'appid'>, number]>([
    ['lost', { kind: 'lost', when: 'after' }, 0],
    ['lost, and whose reads lag by 1.5 s,', { kind: 'hang', when: 'after' }, LAG_MS],
    ['-1', { kind: 'busy', when: 'after' }, 0],
    ['-1, and whose reads lag by 1.5 s,', { kind: 'busy', when: 'after' }, LAG_MS],
  ])(
    'Every change whose response was %s has one effect and does not fail by it',
    async (_what, fault, lagMs) => {
      for (const { method, state, error, done } of await runAll(fault, lagMs))
        expect([method, state, error, done]).toEqual([method, SUCCEEDED, undefined, 1]);
    },
    60_000,
  );

  it.concurrent('Every change whose request was lost is checked again and sent once', async () => {
    for (const { method, state, attempts, done } of await runAll({ kind: 'reset', when: 'before' }))
      expect([method, state, attempts, done]).toEqual([method, SUCCEEDED, 2, 1]);
  }, 60_000);

  it.concurrent('A change whose response was lost succeeds without another read of its precondition', async () => {
    const { one, appid, request } = await ready('RevertGrayRelease');
    const expectedAuditId = await latestAuditId(world, appid);
    await world.sim.addFault({ api: one.api, appid, kind: 'hang', when: 'after' });
    const { id } = await ask({ ...one, request: { ...request, expectedAuditId } }, world, appid);
    expect(await ended(world, id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
    const made = await calls(appid);
    expect(made.slice(made.lastIndexOf(one.api))).toEqual([one.api, PLAN_READ]);
  }, 60_000);
});
