import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { type RunningGateway, startGateway } from '../gateway/running-gateway.js';
import { useSharedWorld, world } from '../use-world.js';
import { AUDIT_ITEM } from './audit-item.js';

useSharedWorld('doubts');

/** A second gateway over the same database and Kafka. */
let other: RunningGateway;
beforeAll(async () => {
  const { postgres: databaseUrl, kafka: brokers } = world.stack.addresses;
  other = await startGateway({ databaseUrl, brokers, topicPrefix: world.prefix });
}, 60_000);
afterAll(() => other?.stop());

async function submit(appid: string, userVersion = '1.0') {
  await world.run('Commit', { appid, templateId: 1n, userVersion });
  return world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
}

const ITEM = { address: 'index', first_class: '工具', first_id: 1, second_class: '备忘录', second_id: 2 };

/** Calls WeChat directly, as another tool would. */
async function atWechat(appid: string, api: string, request: object): Promise<void> {
  const url = `${world.stack.addresses.wechat}/wxa/${api}?access_token=sim-token:${appid}`;
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(request) });
  expect(await answer.json()).toMatchObject({ errcode: 0 });
}

const TIMES = { success: 'SuccTime', fail: 'FailTime', delay: 'DelayTime' } as const;

type Gateway = 'first' | 'second';
const GATEWAYS: Gateway[] = ['first', 'second'];

/** Sends a callback dated `at` (in milliseconds) to one gateway and expects that it is accepted. Only the second takes plain text. */
async function push(to: Gateway, appid: string, event: keyof typeof TIMES, at: number): Promise<void> {
  const seconds = String(Math.floor(at / 1000));
  const fields = { CreateTime: seconds, [TIMES[event]]: seconds };
  if (to === 'first') {
    const { status, body } = await world.sim.push(appid, { event: `weapp_audit_${event}`, fields });
    expect([status, body]).toEqual([200, 'success']);
    return;
  }
  const lines = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
  const body = `<xml><ToUserName>gh_1</ToUserName><FromUserName>o</FromUserName>${lines.join('')}
    <MsgType>event</MsgType><Event>weapp_audit_${event}</Event></xml>`;
  const answer = await fetch(`${other.http}/wechat/callback/${appid}`, { method: 'POST', body });
  expect([answer.status, await answer.text()]).toEqual([200, 'success']);
}

/** The published audit events of a mini-program, once none is pending. */
async function published(appid: string, completed: number, delayed = 0) {
  const of = (type: string) => world.messages(type, appid);
  await eventually(() => of('AuditCompleted').length >= completed && of('AuditDelayed').length >= delayed);
  await eventually(
    async () => (await world.sql('select from outbox where appid = $1', [appid])).length === 0,
  );
  return [...of('AuditCompleted'), ...of('AuditDelayed')].map(({ type, json }) => ({ type, ...json }));
}

describe('audit callbacks', () => {
  it('A callback that arrives while its SubmitAudit is in doubt is published once that is reconciled', async () => {
    const appid = newAppid();
    await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
    const lost = await world.sim.addFault({ api: 'wxa/submit_audit', appid, kind: 'hang', when: 'after' });
    const { id } = await world.change('SubmitAudit', { appid, items: [AUDIT_ITEM] });
    await eventually(async () => (await world.sim.fault(lost.id)).held === 1);
    const read = { api: 'wxa/get_latest_auditstatus', appid, times: 0 };
    const busy = await world.sim.addFault({ ...read, kind: 'busy' });
    await eventually(async () => (await world.get(id)).state === 'OPERATION_STATE_IN_DOUBT');
    await world.sim.decide(appid, { decision: 'approve' });
    const deferred = 'select from audit_pushes where waiting and appid = $1';
    await eventually(async () => (await world.sql(deferred, [appid])).length === 1);
    expect(world.messages('AuditCompleted', appid)).toEqual([]);
    await world.sim.clearFaults(busy.id);
    expect(await published(appid, 1)).toMatchObject([
      { operationId: id, result: 'AUDIT_RESULT_APPROVED', source: 'AUDIT_SOURCE_CALLBACK' },
    ]);
  });

  it('Equal or contradictory callbacks at two gateways at once complete their audit once', async () => {
    const appids = Array.from({ length: 10 }, newAppid);
    const submitted = await Promise.all(appids.map((appid) => submit(appid)));
    const at = Date.now() + 1_000;
    await Promise.all(
      appids.flatMap((appid, n) =>
        GATEWAYS.flatMap((to, g) => {
          const event = n % 2 === 1 && g === 1 ? 'fail' : 'success';
          return [push(to, appid, event, at), push(to, appid, event, at)];
        }),
      ),
    );
    for (const [n, appid] of appids.entries()) {
      const events = await published(appid, 1);
      expect(events).toMatchObject([{ type: 'wxa.code.v1.AuditCompleted', operationId: submitted[n]?.id }]);
    }
  });

  it('A late or reordered callback is matched to the audit that was open when it was decided', async () => {
    const appid = newAppid();
    const first = await submit(appid, '1.0');
    const decided = await world.sim.decide(appid, {
      decision: 'reject',
      reason: '1:不行',
      push: { none: true },
    });
    const firstAt = decided.decidedAt ?? 0;
    const second = await submit(appid, '2.0');
    const secondAt = Date.now() + 3_000;
    await push('second', appid, 'success', secondAt);
    await push('second', appid, 'delay', secondAt - 1_000);
    await push('first', appid, 'fail', firstAt);
    await push('second', appid, 'delay', firstAt);
    await push('first', appid, 'success', secondAt);
    expect(await published(appid, 2)).toMatchObject([
      // Found by the snapshot read of the next submission.
      { operationId: first.id, result: 'AUDIT_RESULT_REJECTED', source: 'AUDIT_SOURCE_POLL' },
      { operationId: second.id, result: 'AUDIT_RESULT_APPROVED', userVersion: '2.0' },
    ]);
  });

  it('A callback dated before the first audit of its mini-program is matched to that audit', async () => {
    const appid = newAppid();
    const { id } = await submit(appid);
    await push('second', appid, 'success', Date.now() - 600_000);
    expect(await published(appid, 1)).toMatchObject([{ operationId: id, result: 'AUDIT_RESULT_APPROVED' }]);
  });

  it('A callback of an audit made outside this service is published once and completes none of ours', async () => {
    const appid = newAppid();
    await atWechat(appid, 'commit', { template_id: 1, ext_json: '{}', user_version: '0.9', user_desc: '' });
    await atWechat(appid, 'submit_audit', { item_list: [ITEM] });
    await world.sim.decide(appid, { decision: 'reject', reason: '1:不行', push: { none: true } });
    const outside = Date.now() - 60_000;
    const { id } = await submit(appid);
    for (const to of GATEWAYS) await push(to, appid, 'fail', outside);
    await world.sim.decide(appid, { decision: 'approve' });
    const events = await published(appid, 2);
    expect(events).toMatchObject([
      { result: 'AUDIT_RESULT_REJECTED', source: 'AUDIT_SOURCE_CALLBACK' },
      { result: 'AUDIT_RESULT_APPROVED', operationId: id },
    ]);
    expect(events[0]).not.toHaveProperty('operationId');
  });
});
