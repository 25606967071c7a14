import { expect, it } from '@jest/globals';
import type { Method, RequestOf } from '@wxa/contracts';
import type { FaultOrder } from '@wxa/wechat-sim';
import { SNAPSHOT_READS } from '../methods/exchange.js';
import { newAppid, SUCCEEDED, useSharedWorld, world } from '../use-world.js';
import { ask, caseOf, ended, latestAuditId, prepared, runCase } from './change-cases.js';

useSharedWorld('doubts');

const FAILED = 'OPERATION_STATE_FAILED';
const ANY = expect.any(Number);
const AUDIT_READ = 'wxa/get_latest_auditstatus';
const VERSION_READ = 'wxa/getversioninfo';

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

/** Runs every change with a precondition that holds, whose call may meet a fault. */
const runAll = (fault?: FaultOrder, readLagMs = 0) =>
  Promise.all(
    CONDITIONAL.map(async ({ method, holds: more }) => {
      const { operation, done } = await runCase(caseOf(method), world, { fault, readLagMs, more });
      const { state, attempts, error } = operation;
      return { method, state, attempts, error, done: done.length };
    }),
  );

it.concurrent.each<[string, FaultOrder | undefined, number, unknown]>([
  ['holds', undefined, 0, 1],
  ['holds and whose request is lost', { kind: 'reset', when: 'before' }, 0, 2],
  ['holds and whose response is lost, and reads lag by 2 s,', { kind: 'lost', when: 'after' }, 2_000, 1],
  ['holds and whose response is -1, and reads lag by 1.5 s,', { kind: 'busy', when: 'after' }, 1_500, ANY],
])('Every change whose precondition %s succeeds with one effect', async (_what, fault, lagMs, attempts) => {
  for (const run of await runAll(fault, lagMs))
    expect(run).toEqual({ method: run.method, state: SUCCEEDED, attempts, error: undefined, done: 1 });
});

it.concurrent('Every change whose precondition does not hold fails with VERSION_MISMATCH after three reads, without a call', async () => {
  const runs = CONDITIONAL.map(async ({ method, read, fails }) => {
    const appid = newAppid();
    const { request, ...one } = await prepared(caseOf(method), world, appid);
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
});
