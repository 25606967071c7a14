import { expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { useSharedWorld, world } from '../use-world.js';
import { AUDIT_ITEM } from './audit-item.js';

useSharedWorld('release');

const API = 'wxa/get_auditstatus';
const REASON = '1:页面无法打开';

async function submit(): Promise<{ appid: string; id: string }> {
  const appid = newAppid();
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  const { id } = await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  return { appid, id };
}

const completed = (appid: string) => world.messages('AuditCompleted', appid).map(({ json }) => json);
const rejected = (operationId: string) => ({
  ...{ operationId, result: 'AUDIT_RESULT_REJECTED', source: 'AUDIT_SOURCE_CALLBACK', reason: REASON },
});

it('A rejection by a callback is published as such once WeChat says the same of the audit', async () => {
  const { appid, id } = await submit();
  await world.sim.decide(appid, { decision: 'reject', reason: REASON });
  await eventually(() => completed(appid).length > 0);
  expect(completed(appid)).toEqual([expect.objectContaining(rejected(id))]);
  expect(await world.sim.calls({ appid, api: API })).toHaveLength(1);
});

it('A callback about another audit, such as that of the privacy guide, ends no audit of ours', async () => {
  const { appid, id } = await submit();
  await world.sim.push(appid, { event: 'weapp_audit_fail', fields: { Reason: 'privacy guide' } });
  await eventually(() => completed(appid).length > 0);
  expect(completed(appid)).toEqual([expect.not.objectContaining({ operationId: expect.anything() })]);
  await world.sim.decide(appid, { decision: 'approve' });
  await eventually(() => completed(appid).length > 1);
  expect(completed(appid)[1]).toMatchObject({ operationId: id, result: 'AUDIT_RESULT_APPROVED' });
});

it('A rejection is published late, but not lost, if WeChat answers the read late or is busy', async () => {
  const { appid, id } = await submit();
  await world.sim.addFault({ api: API, appid, kind: 'busy', times: 2 });
  const hung = await world.sim.addFault({ api: API, appid, kind: 'hang', when: 'before' });
  await world.sim.decide(appid, { decision: 'reject', reason: REASON });
  await eventually(async () => (await world.sim.fault(hung.id)).held === 1);
  expect(completed(appid)).toEqual([]);
  await world.sim.clearFaults(hung.id);
  await eventually(() => completed(appid).length > 0, 30_000);
  expect(completed(appid)).toEqual([expect.objectContaining(rejected(id))]);
}, 60_000);
