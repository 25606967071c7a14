import { describe, expect, it } from '@jest/globals';
import type { Operation } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { useSharedWorld, world } from '../use-world.js';
import { AUDIT_ITEM } from './audit-item.js';

const REASON =
  '1:账号信息不符合规范:<br>(1):包含色情因素<br>2:服务类目不一致:<br>(1):标签不属于所选范围。<br>(2):标签与内容不相关。<br>';

useSharedWorld('release');

async function submit(appid: string, userVersion = '1.0') {
  await world.run('Commit', { appid, templateId: 1n, userVersion });
  return world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
}

/** The published audit events of a mini-program, once none is pending. */
async function published(appid: string, count: number) {
  await eventually(() => world.messages('AuditCompleted', appid).length >= count);
  await eventually(
    async () => (await world.sql('select from outbox where appid = $1', [appid])).length === 0,
  );
  return world.messages('AuditCompleted', appid).map((m) => ({ ...m.json, id: m.id }));
}

/** Expects one event of this type, with the trace of the SubmitAudit of its audit. */
async function expectSameTrace(name: string, submitted: Operation): Promise<void> {
  const { appid, id } = submitted;
  const submits = () => world.messages('OperationCompleted', appid).filter((m) => m.id === `${id}.completed`);
  await eventually(() => submits().length > 0);
  const [{ headers: { traceparent = '' } = {} } = {}] = submits();
  expect(traceparent).toMatch(/^00-/);
  expect(world.messages(name, appid).map(({ headers }) => headers.traceparent)).toEqual([traceparent]);
}

describe('audits without a callback', () => {
  const completed = (appid: string) => world.messages('AuditCompleted', appid).map((m) => m.json);
  /** Submits an audit that is polled from now on. */
  const submitOld = async (appid: string) => {
    const submitted = await submit(appid);
    await world.sql(
      `update audits set submitted_at = submitted_at - interval '31 minutes' where appid = $1`,
      [appid],
    );
    return submitted;
  };

  it.concurrent('An audit whose callback is lost is completed by polling and continues the trace of its SubmitAudit', async () => {
    const appid = newAppid();
    const submitted = await submitOld(appid);
    await world.sim.decide(appid, { decision: 'reject', reason: '1:不行', push: { none: true } });
    await eventually(() => completed(appid).length === 1);
    expect(completed(appid)).toMatchObject([
      { operationId: submitted.id, result: 'AUDIT_RESULT_REJECTED', source: 'AUDIT_SOURCE_POLL' },
    ]);
    await expectSameTrace('AuditCompleted', submitted);
    const open = await world.sql(`select from audits where appid = $1 and state = 'OPEN'`, [appid]);
    expect(open).toEqual([]);
    const polls = await world.sql('select from operations where appid = $1 and method = $2', [
      appid,
      'GetAuditStatus',
    ]);
    expect(polls.length).toBeGreaterThan(0);
  });

  it.concurrent('A delayed audit whose callback is lost is published once as AuditDelayed and polled until it ends', async () => {
    const appid = newAppid();
    const submitted = await submitOld(appid);
    await world.sim.decide(appid, { decision: 'delay', reason: '请耐心等待', push: { none: true } });
    await eventually(() => world.messages('AuditDelayed', appid).length === 1);
    await eventually(async () => (await world.sim.calls({ appid, api: 'wxa/get_auditstatus' })).length >= 3);
    await world.sim.decide(appid, { decision: 'approve', push: { none: true } });
    await eventually(() => completed(appid).length === 1);
    expect(completed(appid)).toMatchObject([{ operationId: submitted.id, source: 'AUDIT_SOURCE_POLL' }]);
    expect(world.messages('AuditDelayed', appid)).toHaveLength(1);
    await expectSameTrace('AuditDelayed', submitted);
  });

  it.concurrent('An audit withdrawn on WeChat’s pages is completed by polling, and a callback later than the poll changes nothing', async () => {
    const [withdrawn, slow] = [newAppid(), newAppid()];
    const submitted = await Promise.all([submitOld(withdrawn), submitOld(slow)]);
    const { wechat } = world.stack.addresses;
    await fetch(`${wechat}/wxa/undocodeaudit?access_token=sim-token:${withdrawn}`);
    await world.sim.decide(slow, { decision: 'approve', push: { none: true } });
    await eventually(() => completed(withdrawn).length === 1 && completed(slow).length === 1);
    for (let n = 0; n < 2; n += 1)
      expect(await world.sim.push(slow, { event: 'weapp_audit_success' })).toMatchObject({
        body: 'success',
      });
    const source = 'AUDIT_SOURCE_POLL';
    expect(completed(withdrawn)).toMatchObject([
      { operationId: submitted[0].id, result: 'AUDIT_RESULT_WITHDRAWN', source },
    ]);
    await eventually(
      async () => (await world.sql('select from outbox where appid = $1', [slow])).length === 0,
    );
    expect(completed(slow)).toMatchObject([
      { operationId: submitted[1].id, result: 'AUDIT_RESULT_APPROVED', source },
    ]);
  });
});

describe('audits', () => {
  it.concurrent('An audit whose callback comes three times is completed once, with its reasons parsed', async () => {
    const appid = newAppid();
    const submitted = await submit(appid, 'V 1.0');
    const auditId = submitted.result?.$case === 'submitAudit' ? submitted.result.value.auditId : 0n;
    expect(auditId).toBeGreaterThan(0n);
    await world.sim.decide(appid, {
      decision: 'reject',
      reason: REASON,
      screenshot: 'a|b',
      push: { times: 3 },
    });
    expect(await published(appid, 1)).toEqual([
      {
        id: `${submitted.id}.audit-completed`,
        appid,
        originalId: expect.stringMatching(/^gh_/),
        auditId: String(auditId),
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
      const pushes = await world.sim.pushes({ appid });
      expect(pushes.map((push) => push.answer)).toEqual(['success', 'success', 'success']);
    });
  });

  it.concurrent('A callback that arrives before its SubmitAudit has settled completes the audit', async () => {
    const appid = newAppid();
    await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
    const fault = await world.sim.addFault({ api: 'wxa/submit_audit', appid, kind: 'hang', when: 'after' });
    const submitting = await world.change('SubmitAudit', { appid, items: [AUDIT_ITEM] });
    await eventually(async () => (await world.sim.fault(fault.id)).held === 1);
    await world.sim.decide(appid, { decision: 'approve' });
    await eventually(
      async () =>
        (await world.sql('select from audit_pushes where waiting and appid = $1', [appid])).length === 1,
    );
    expect(world.messages('AuditCompleted', appid)).toEqual([]);
    await world.sim.releaseFault(fault.id);
    await world.wait(submitting.id);
    expect(await published(appid, 1)).toMatchObject([
      { operationId: submitting.id, result: 'AUDIT_RESULT_APPROVED', source: 'AUDIT_SOURCE_CALLBACK' },
    ]);
  });

  it.concurrent('An audit made outside this service is published once, without audit id and operation id', async () => {
    const appid = newAppid();
    for (let i = 0; i < 2; i++) {
      const fields = { SuccTime: '1488856741', CreateTime: '1488856741' };
      expect(await world.sim.push(appid, { event: 'weapp_audit_success', fields })).toMatchObject({
        body: 'success',
      });
    }
    const [event, ...more] = await published(appid, 1);
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      appid,
      result: 'AUDIT_RESULT_APPROVED',
      decidedTime: '2017-03-07T03:19:01.000Z',
    });
    expect(event).not.toHaveProperty('auditId');
    expect(event).not.toHaveProperty('operationId');
  });

  it.concurrent('UndoAudit completes the open audit as WITHDRAWN', async () => {
    const appid = newAppid();
    const submitted = await submit(appid);
    await world.run('UndoAudit', { appid });
    expect(await published(appid, 1)).toMatchObject([
      { operationId: submitted.id, result: 'AUDIT_RESULT_WITHDRAWN', source: 'AUDIT_SOURCE_OPERATION' },
    ]);
    await expectSameTrace('AuditCompleted', submitted);
  });

  it.concurrent('An audit withdrawn after a callback is published with the original id of that callback', async () => {
    const appid = newAppid();
    await submit(appid);
    await world.sim.decide(appid, { decision: 'delay', reason: '请耐心等待' });
    await eventually(() => world.messages('AuditDelayed', appid).length === 1);
    const [delayed] = world.messages('AuditDelayed', appid);
    expect(delayed?.json).toMatchObject({ originalId: expect.stringMatching(/^gh_/) });
    await world.run('UndoAudit', { appid });
    expect(await published(appid, 1)).toMatchObject([
      { result: 'AUDIT_RESULT_WITHDRAWN', originalId: delayed?.json.originalId },
    ]);
  });

  it.concurrent('An audit whose callback was lost is completed before the next one is submitted', async () => {
    const appid = newAppid();
    const first = await submit(appid);
    await world.sim.decide(appid, { decision: 'reject', reason: '1:不行', push: { none: true } });
    const next = await submit(appid, '2.0');
    await world.sim.decide(appid, { decision: 'approve' });
    expect(await published(appid, 2)).toMatchObject([
      { operationId: first.id, result: 'AUDIT_RESULT_REJECTED', reasons: [{ title: '不行' }] },
      { operationId: next.id, result: 'AUDIT_RESULT_APPROVED', source: 'AUDIT_SOURCE_CALLBACK' },
    ]);
  });

  it.concurrent('GetLatestAuditStatus completes an audit whose callback was lost, and the late callback changes nothing', async () => {
    const appid = newAppid();
    const submitted = await submit(appid);
    await world.sim.decide(appid, { decision: 'approve', push: { none: true } });
    await world.call('GetLatestAuditStatus', { appid });
    expect(await published(appid, 1)).toMatchObject([
      { operationId: submitted.id, result: 'AUDIT_RESULT_APPROVED', source: 'AUDIT_SOURCE_POLL' },
    ]);
    const late = await world.sim.push(appid, { event: 'weapp_audit_success' });
    expect(late).toMatchObject({ body: 'success' });
    const next = await submit(appid, '2.0');
    await world.sim.decide(appid, { decision: 'reject', reason: '1:不行' });
    expect(await published(appid, 2)).toMatchObject([
      { operationId: submitted.id },
      { operationId: next.id, result: 'AUDIT_RESULT_REJECTED', userVersion: '2.0' },
    ]);
  });

  it.concurrent('A delayed audit is published once as AuditDelayed and stays open', async () => {
    const appid = newAppid();
    const submitted = await submit(appid);
    await world.sim.decide(appid, { decision: 'delay', reason: '请耐心等待', push: { times: 2 } });
    await eventually(() => world.messages('AuditDelayed', appid).length === 1);
    await world.sim.decide(appid, { decision: 'approve' });
    expect(await published(appid, 1)).toMatchObject([{ operationId: submitted.id }]);
    expect(world.messages('AuditDelayed', appid).map((m) => m.json)).toMatchObject([
      { operationId: submitted.id, reason: '请耐心等待', source: 'AUDIT_SOURCE_CALLBACK' },
    ]);
  });
});
