import { expect, it } from '@jest/globals';
import type { FaultOrder } from '@wxa/wechat-sim';
import { eventually, newAppid, SUCCEEDED, useSharedWorld, world } from '../use-world.js';
import { CHANGE_CASES, caseOf, ended, latestAuditId, runCase } from './change-cases.js';

useSharedWorld('doubts');

/** Runs all changes in parallel. */
async function runAll(fault: FaultOrder, readLagMs = 0) {
  const runs = CHANGE_CASES.map(
    async (one) => [one.method, await runCase(one, world, { fault, readLagMs })] as const,
  );
  return new Map(await Promise.all(runs));
}

async function expectPublished(appid: string, id: string, inDoubt: number) {
  const ofThis = (type: string) =>
    world.messages(type, appid).filter(({ json }) => (json.operation as { id: string }).id === id);
  await eventually(() => expect(ofThis('OperationCompleted')).toHaveLength(1));
  expect(ofThis('OperationInDoubt')).toHaveLength(inDoubt);
}

it.concurrent.each<[string, FaultOrder, number]>([
  ['was lost, and whose reads lag by 2 s,', { kind: 'lost', when: 'after' }, 2_000],
  ['timed out', { kind: 'hang', when: 'after' }, 0],
])(
  'Every change whose response %s after it was executed succeeds with one effect',
  async (_what, fault, readLagMs) => {
    const runs = await runAll(fault, readLagMs);
    for (const [method, { appid, operation, done }] of runs) {
      const { state, attempts, error } = operation;
      expect([method, state, attempts, error, done.length]).toEqual([
        ...[method, SUCCEEDED, caseOf(method).isProvenByRetry ? 2 : 1, undefined, 1],
      ]);
      await expectPublished(appid, operation.id, 1);
    }
    const submitted = runs.get('SubmitAudit');
    const auditId = await latestAuditId(world, submitted?.appid ?? '');
    expect(submitted?.operation.result).toEqual({ $case: 'submitAudit', value: { auditId } });
  },
);

it.concurrent('Every change whose request was lost before it was executed is sent again once', async () => {
  for (const [method, { appid, operation, done }] of await runAll({ kind: 'reset', when: 'before' })) {
    expect([method, operation.state, operation.attempts, done.length]).toEqual([method, SUCCEEDED, 2, 1]);
    await expectPublished(appid, operation.id, 1);
  }
});

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

it.concurrent('A RevertRelease executed with the response -1 has one effect and is never in doubt although reads lag by 1.5 s', async () => {
  const runs = [1, 2, 3, 4].map(() =>
    runCase(caseOf('RevertRelease'), world, { fault: { kind: 'busy', when: 'after' }, readLagMs: 1_500 }),
  );
  for (const { appid, operation, done } of await Promise.all(runs)) {
    expect([operation.state, operation.attempts, done]).toEqual([SUCCEEDED, 1, ['revert 2.0']]);
    await expectPublished(appid, operation.id, 0);
  }
});

it.concurrent('A change that WeChat executes and answers with -1 until its deadline succeeds', async () => {
  const appid = newAppid();
  const api = 'cgi-bin/wxopen/setweappsupportversion';
  await world.sim.addFault({ api, appid, kind: 'busy', when: 'after', times: 0 });
  const { id } = await world.change('SetSupportVersion', { appid, version: '1.1.0' });
  await eventually(async () => (await world.get(id)).state === 'OPERATION_STATE_RETRYING');
  await world.sql(`update operations set started_at = now() - interval '1 hour' where id = $1`, [id]);
  expect(await ended(world, id)).toMatchObject({ state: SUCCEEDED });
  await expectPublished(appid, id, 0);
});
