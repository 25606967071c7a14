import { expect, it } from '@jest/globals';
import type { Operation } from '@wxa/contracts';
import { eventually, newAppid, useSharedWorld, world } from '../use-world.js';
import { latestAuditId, submit } from './change-cases.js';

const REASON =
  '1:账号信息不符合规范:<br>(1):包含色情因素<br>2:服务类目不一致:<br>(1):标签不属于所选范围。<br>(2):标签与内容不相关。<br>';
const READ = 'wxa/get_auditstatus';

useSharedWorld('release');

/** The published ends of a mini-program's audits, once there are as many and no event is pending. */
async function published(appid: string) {
  await eventually(() => world.messages('AuditCompleted', appid).length >= 1);
  await eventually(
    async () => (await world.sql('select from outbox where appid = $1', [appid])).length === 0,
  );
  return world.messages('AuditCompleted', appid).map((m) => ({ ...m.json, id: m.id }));
}

/** Expects one event of this type, with the trace of the SubmitAudit of its audit. */
async function expectSameTrace(name: string, { appid, id }: Operation): Promise<void> {
  const submits = () => world.messages('OperationCompleted', appid).filter((m) => m.id === `${id}.completed`);
  await eventually(() => submits().length > 0);
  const [{ headers: { traceparent = '' } = {} } = {}] = submits();
  expect(traceparent).toMatch(/^00-/);
  expect(world.messages(name, appid).map(({ headers }) => headers.traceparent)).toEqual([traceparent]);
}

it.concurrent('A delayed audit whose callbacks are lost is polled until it ends, and both events continue the trace of its SubmitAudit', async () => {
  const submitted = await submit(world, newAppid());
  const { appid, id: operationId } = submitted;
  const old = `update audits set submitted_at = submitted_at - interval '31 minutes' where appid = $1`;
  await world.sql(old, [appid]);
  await world.sim.decide(appid, { decision: 'delay', reason: '请耐心等待', push: { none: true } });
  await eventually(() => world.messages('AuditDelayed', appid).length === 1);
  await eventually(async () => (await world.sim.calls({ appid, api: READ })).length >= 3);
  await world.sim.decide(appid, { decision: 'reject', reason: '1:不行', push: { none: true } });
  const ended = { source: 'AUDIT_SOURCE_POLL', operationId, result: 'AUDIT_RESULT_REJECTED' };
  expect(await published(appid)).toMatchObject([ended]);
  for (const name of ['AuditDelayed', 'AuditCompleted']) await expectSameTrace(name, submitted);
  expect(await world.sql(`select from audits where appid = $1 and state = 'OPEN'`, [appid])).toEqual([]);
});

it.concurrent('An audit whose callback comes three times is read and completed once, with its reasons parsed', async () => {
  const appid = newAppid();
  const submitted = await submit(world, appid, 'V 1.0');
  const decision = { decision: 'reject', reason: REASON, screenshot: 'a|b', push: { times: 3 } } as const;
  await world.sim.decide(appid, decision);
  expect(await published(appid)).toEqual([
    {
      id: `${submitted.id}.audit-completed`,
      appid,
      originalId: expect.stringMatching(/^gh_/),
      auditId: String(await latestAuditId(world, appid)),
      operationId: submitted.id,
      result: 'AUDIT_RESULT_REJECTED',
      reason: REASON,
      reasons: [
        { title: '账号信息不符合规范', details: ['包含色情因素'] },
        { title: '服务类目不一致', details: ['标签不属于所选范围。', '标签与内容不相关。'] },
      ],
      screenshots: ['a', 'b'],
      decidedTime: expect.stringMatching(/Z$/),
      source: 'AUDIT_SOURCE_CALLBACK',
      userVersion: 'V 1.0',
    },
  ]);
  await expectSameTrace('AuditCompleted', submitted);
  await eventually(async () => {
    const answers = (await world.sim.pushes({ appid })).map(({ answer }) => answer);
    expect(answers).toEqual(Array(3).fill('success'));
  });
  expect(await world.sim.calls({ appid, api: READ })).toHaveLength(1);
});
