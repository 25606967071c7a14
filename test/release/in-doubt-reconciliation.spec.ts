import { describe, expect, it } from '@jest/globals';
import type { FaultOrder } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { useSharedWorld, world } from '../use-world.js';
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
const PRECONDITION_READ = 'wxa/get_latest_auditstatus';

/** Runs a change whose call meets a fault and returns its effects at WeChat. */
async function run(one: ChangeCase, fault: Omit<FaultOrder, 'api' | 'appid'>, readLagMs = 0) {
  const appid = newAppid();
  const ready = await prepared(one, world, appid);
  await world.sim.patch(appid, { readLagMs });
  const before = (await effects(one, world, appid)).length;
  await world.sim.addFault({ api: one.api, appid, ...fault } as FaultOrder);
  const accepted = await ask(ready, world, appid);
  const operation = await ended(world, accepted.id);
  return { appid, operation, done: (await effects(one, world, appid)).slice(before) };
}

/** Runs changes in parallel, by default all. */
async function runAll(fault: Omit<FaultOrder, 'api' | 'appid'>, readLagMs?: number, cases = CHANGE_CASES) {
  const runs = await Promise.all(
    cases.map(async (one) => [one.method, await run(one, fault, readLagMs)] as const),
  );
  return new Map(runs);
}

async function expectPublished(appid: string, id: string, inDoubt: number) {
  const ofThis = (type: string) =>
    world.messages(type, appid).filter(({ json }) => (json.operation as { id: string }).id === id);
  await eventually(() => expect(ofThis('OperationCompleted')).toHaveLength(1));
  expect(ofThis('OperationInDoubt')).toHaveLength(inDoubt);
}

/** Two if only a retry can prove the execution. */
const attemptsOfDone = (method: string) =>
  CHANGE_CASES.some((one) => one.method === method && one.isProvenByRetry) ? 2 : 1;

/** How an answer was lost matters to one change as to another. */
const SUBMIT = CHANGE_CASES.filter(({ method }) => method === 'SubmitAudit');

describe('reconciliation', () => {
  it.concurrent.each<[string, FaultOrder, typeof CHANGE_CASES]>([
    ['Every change whose response was lost', { kind: 'lost', when: 'after' }, CHANGE_CASES],
    ['A SubmitAudit whose response broke off', { kind: 'half', when: 'after' }, SUBMIT],
    [
      'A SubmitAudit whose response was replaced by a proxy’s 403',
      { kind: 'status', status: 403, when: 'after' },
      SUBMIT,
    ],
  ])(
    '%s after it was executed succeeds with one effect',
    async (_what, fault, cases) => {
      const runs = await runAll(fault, 0, cases);
      for (const [method, { appid, operation, done }] of runs) {
        const attempts = attemptsOfDone(method);
        expect([method, operation.state, operation.attempts, done.length]).toEqual([
          method,
          SUCCEEDED,
          attempts,
          1,
        ]);
        expect(operation.error).toBeUndefined();
        await expectPublished(appid, operation.id, 1);
      }
      const submitted = runs.get('SubmitAudit');
      const auditId = await latestAuditId(world, submitted?.appid ?? '');
      expect(submitted?.operation.result).toEqual({ $case: 'submitAudit', value: { auditId } });
    },
    60_000,
  );

  it.concurrent.each<[string, FaultOrder, typeof CHANGE_CASES]>([
    ['Every change whose request was lost', { kind: 'reset', when: 'before' }, CHANGE_CASES],
    [
      'A SubmitAudit that WeChat’s gateway rejected with 502',
      { kind: 'status', status: 502, when: 'before' },
      SUBMIT,
    ],
    ['A SubmitAudit that a proxy rejected with 403', { kind: 'status', status: 403, when: 'before' }, SUBMIT],
  ])(
    '%s before it was executed is sent again once',
    async (_what, fault, cases) => {
      for (const [method, { appid, operation, done }] of await runAll(fault, 0, cases)) {
        expect([method, operation.state, operation.attempts, done.length]).toEqual([method, SUCCEEDED, 2, 1]);
        await expectPublished(appid, operation.id, 1);
      }
    },
    60_000,
  );

  it.concurrent('Every change executed with the response -1 has one effect, or two if it is idempotent, and reads are no attempts', async () => {
    // A second execution of these does no harm, or a duplicate code proves the first one.
    const repeatable = ['RevertGrayRelease', 'ChangeVisitStatus', 'SetSupportVersion', 'SpeedUpAudit'];
    for (const [method, { appid, operation, done }] of await runAll({ kind: 'busy', when: 'after' })) {
      const times = method === 'ChangeVisitStatus' || method === 'SetSupportVersion' ? 2 : 1;
      expect([method, operation.state, done.length]).toEqual([method, SUCCEEDED, times]);
      const isReconciled = ['Commit', 'SubmitAudit', 'RevertRelease'].includes(method);
      expect([method, operation.attempts]).toEqual([method, isReconciled ? 1 : 2]);
      await expectPublished(appid, operation.id, isReconciled || repeatable.includes(method) ? 0 : 1);
    }
  });

  it.concurrent('Every change succeeds at its third attempt after two -1 responses without effect', async () => {
    for (const [method, { operation, done }] of await runAll({ kind: 'busy', when: 'before', times: 2 })) {
      expect([method, operation.state, operation.attempts, done.length]).toEqual([method, SUCCEEDED, 3, 1]);
    }
  });
});

describe('reconciliation with lagging reads', () => {
  const LAG_MS = 1_500;

  it.concurrent('Every change whose response timed out is found executed and has one effect although reads lag by 1.5 s', async () => {
    const runs = await runAll({ kind: 'hang', when: 'after' }, LAG_MS);
    for (const [method, { operation, done }] of runs)
      expect([method, operation.state, operation.attempts, done.length]).toEqual([
        method,
        SUCCEEDED,
        attemptsOfDone(method),
        1,
      ]);
  });

  it.concurrent('A RevertRelease executed with the response -1 has one effect and is never in doubt although reads lag by 1.5 s', async () => {
    const revert = CHANGE_CASES.find(({ method }) => method === 'RevertRelease') as ChangeCase;
    const runs = await Promise.all(
      [1, 2, 3, 4].map(() => run(revert, { kind: 'busy', when: 'after' }, LAG_MS)),
    );
    for (const { appid, operation, done } of runs) {
      expect([operation.state, operation.attempts, done]).toEqual([SUCCEEDED, 1, ['revert 2.0']]);
      await expectPublished(appid, operation.id, 0);
    }
  });
});

describe('deadline after -1', () => {
  it.concurrent.each<[string, 'before' | 'after', object]>([
    ['succeeds if it was executed', 'after', { state: SUCCEEDED }],
    [
      'fails with DEADLINE if it was not executed',
      'before',
      { state: 'OPERATION_STATE_FAILED', error: { reason: 'DEADLINE' } },
    ],
  ])(
    'A change that WeChat answers with -1 until its deadline %s',
    async (_what, when, expected) => {
      const appid = newAppid();
      const api = 'cgi-bin/wxopen/setweappsupportversion';
      await world.sim.addFault({ api, appid, kind: 'busy', when, times: 0 });
      const { id } = await world.change('SetSupportVersion', { appid, version: '1.1.0' });
      await eventually(async () => (await world.get(id)).state === 'OPERATION_STATE_RETRYING');
      await world.sql(`update operations set started_at = now() - interval '1 hour' where id = $1`, [id]);
      expect(await ended(world, id)).toMatchObject(expected);
      await expectPublished(appid, id, 0);
    },
    60_000,
  );
});

describe('Release with a precondition', () => {
  it.concurrent('A Release whose precondition read timed out repeats it and releases only the expected version', async () => {
    const release = CHANGE_CASES.find(({ method }) => method === 'Release') as ChangeCase;
    const runs = await Promise.all(
      ['2.0', '3.0'].map(async (expectedUserVersion) => {
        const appid = newAppid();
        await release.prepare(world, appid);
        const before = (await world.sim.calls({ appid, api: PRECONDITION_READ })).length;
        const { id: fault } = await world.sim.addFault({ api: PRECONDITION_READ, appid, kind: 'hang' });
        const { id } = await world.change('Release', { appid, expectedUserVersion });
        const operation = await ended(world, id);
        await world.sim.clearFaults(fault);
        const reads = (await world.sim.calls({ appid, api: PRECONDITION_READ })).length - before;
        return { operation, reads, done: await effects(release, world, appid) };
      }),
    );
    expect(runs).toMatchObject([
      { operation: { state: SUCCEEDED, attempts: 1 }, reads: 2, done: ['release 1.0', 'release 2.0'] },
      {
        operation: { attempts: 0, error: { reason: 'VERSION_MISMATCH' } },
        reads: 4,
        done: ['release 1.0'],
      },
    ]);
  });
});
