import { describe, expect, it } from '@jest/globals';
import type {
  GetAuditQuotaResponse,
  GetPrivacyCheckResponse,
  GetVersionInfoResponse,
  GetVisitStatusResponse,
  ListReleaseHistoryResponse,
} from '@wxa/contracts';
import type { FaultOrder } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { useSharedWorld, world } from '../use-world.js';
import { AUDIT_ITEM } from './audit-item.js';
import { ended } from './change-cases.js';

useSharedWorld('doubts');

const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';
const SPEED_UP = 'wxa/speedupaudit';

async function submitted() {
  const appid = newAppid();
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  const { result } = await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  return { appid, auditId: result?.$case === 'submitAudit' ? result.value.auditId : 0n };
}

async function release(appid: string, userVersion: string) {
  await world.run('Commit', { appid, templateId: 1n, userVersion });
  await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  await world.sim.decide(appid, { decision: 'approve', push: { none: true } });
  await world.call('GetLatestAuditStatus', { appid });
  await world.run('Release', { appid });
}

async function effects(appid: string) {
  return (await world.sim.calls({ appid, api: SPEED_UP })).flatMap(({ effect }) => effect ?? []);
}

describe('SpeedUpAudit', () => {
  it.each<[string, FaultOrder, number]>([
    ['response was lost', { kind: 'lost', when: 'after' }, 1],
    ['request was lost', { kind: 'reset', when: 'before' }, 1],
    ['response was -1 although it was executed', { kind: 'busy', when: 'after' }, 0],
  ])('A SpeedUpAudit whose %s is sent again and has one effect', async (_what, fault, doubts) => {
    const { appid, auditId } = await submitted();
    await world.sim.addFault({ api: SPEED_UP, appid, ...fault });
    const { id } = await world.change('SpeedUpAudit', { appid, auditId });
    const operation = await ended(world, id);
    expect(operation).toMatchObject({ state: SUCCEEDED, attempts: 2, error: undefined });
    expect(await effects(appid)).toEqual([`speed_up ${auditId}`]);
    await eventually(() => world.messages('OperationCompleted', appid).length === 3);
    expect(world.messages('OperationInDoubt', appid)).toHaveLength(doubts);
  });

  it('A SpeedUpAudit of an audit that another operation expedited fails with 89404', async () => {
    const { appid, auditId } = await submitted();
    await world.run('SpeedUpAudit', { appid, auditId });
    const again = await world.run('SpeedUpAudit', { appid, auditId });
    expect(again).toMatchObject({ state: 'OPERATION_STATE_FAILED', attempts: 1, error: { errcode: 89404 } });
  });

  it('A SpeedUpAudit in doubt stays IN_DOUBT if its audit ended before the reconciliation read', async () => {
    const { appid, auditId } = await submitted();
    await world.sim.addFault({ api: SPEED_UP, appid, kind: 'lost' });
    const read = await world.sim.addFault({ api: 'wxa/get_auditstatus', appid, kind: 'hang' });
    const { id } = await world.change('SpeedUpAudit', { appid, auditId });
    await eventually(async () => (await world.sim.fault(read.id)).held === 1);
    await world.sim.decide(appid, { decision: 'approve' });
    await world.sim.releaseFault(read.id);
    const left = 'select from operations where id = $1 and asks > 0 and ask_at is null';
    await eventually(async () => (await world.sql(left, [id])).length === 1);
    expect(await world.get(id)).toMatchObject({ state: 'OPERATION_STATE_IN_DOUBT', attempts: 1 });
  });
});

describe('release queries', () => {
  it('GetVersionInfo and ListReleaseHistory describe the releases, and RevertRelease restores a listed version', async () => {
    const appid = newAppid();
    for (const version of ['1.0', '2.0', '3.0']) await release(appid, version);
    const info = (await world.call('GetVersionInfo', { appid })) as GetVersionInfoResponse;
    expect(info).toEqual({
      trial: { version: '3.0', desc: '', time: expect.any(Date) },
      release: { version: '3.0', desc: '', time: expect.any(Date) },
    });
    const { versions } = (await world.call('ListReleaseHistory', { appid })) as ListReleaseHistoryResponse;
    expect(versions.map(({ userVersion }) => userVersion)).toEqual(['2.0', '1.0']);
    await world.run('RevertRelease', { appid, appVersion: versions[1]?.appVersion ?? '' });
    const after = (await world.call('GetVersionInfo', { appid })) as GetVersionInfoResponse;
    expect(after.release?.version).toBe('1.0');
    const visit = (await world.call('GetVisitStatus', { appid })) as GetVisitStatusResponse;
    expect(visit).toEqual({ status: 'VISIT_STATUS_OPEN' });
  });

  it('GetAuditQuota returns one speed-up less after a SpeedUpAudit', async () => {
    const { appid, auditId } = await submitted();
    const quota = () => world.call('GetAuditQuota', { appid }) as Promise<GetAuditQuotaResponse>;
    const before = await quota();
    expect(before.rest).toBeLessThan(before.limit);
    await world.run('SpeedUpAudit', { appid, auditId });
    expect(await quota()).toEqual({ ...before, speedupRest: before.speedupRest - 1 });
  });
});

describe('SubmitAudit with wait_for_privacy_check', () => {
  const api = 'wxa/security/get_code_privacy_info';
  const submission = { items: [AUDIT_ITEM], waitForPrivacyCheck: true };

  async function committed() {
    const appid = newAppid();
    await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
    return appid;
  }

  it('A SubmitAudit with wait_for_privacy_check waits without an attempt until the check is done', async () => {
    const appid = await committed();
    await world.sim.patch(appid, { privacyCheckMs: 600_000 });
    const { id } = await world.change('SubmitAudit', { appid, ...submission });
    const waiting = await eventually(async () => {
      const operation = await world.get(id);
      return operation.state === 'OPERATION_STATE_RETRYING' && operation;
    });
    expect(waiting).toMatchObject({ attempts: 0, error: { errcode: 61039 } });
    expect(Number(waiting.nextAttemptTime) - Date.now()).toBeGreaterThan(50_000);
    await world.sim.patch(appid, { privacyCheckMs: 0 });
    await world.sql('update operations set next_attempt_at = now() where id = $1', [id]);
    expect(await world.wait(id)).toMatchObject({ state: SUCCEEDED, attempts: 1 });
    expect(await world.sim.calls({ appid, api: 'wxa/submit_audit' })).toHaveLength(1);
    expect(await world.sim.calls({ appid, api })).toHaveLength(2);
  });

  it.each<[string, FaultOrder, number]>([
    ['is rejected', { kind: 'errcode', errcode: 48001 }, 1],
    ['is answered with HTTP 404', { kind: 'status', status: 404 }, 1],
    ['is answered with -1', { kind: 'busy' }, 2],
    ['has no response', { kind: 'lost' }, 2],
  ])(
    'A SubmitAudit with wait_for_privacy_check is sent once if the read of the check %s',
    async (_what, fault, reads) => {
      const appid = await committed();
      await world.sim.addFault({ api, appid, ...fault });
      const submitted = await world.run('SubmitAudit', { appid, ...submission });
      expect(submitted).toMatchObject({ state: SUCCEEDED, attempts: 1 });
      expect(await world.sim.calls({ appid, api })).toHaveLength(reads);
    },
  );
});

describe('GetPrivacyCheck', () => {
  it('GetPrivacyCheck returns that the check is not done and later what it found', async () => {
    const appid = newAppid();
    const forbiddenPrivateApis = ['wx.getLocation'];
    await world.sim.patch(appid, { privacyCheckMs: 600_000, forbiddenPrivateApis });
    await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
    const check = () => world.call('GetPrivacyCheck', { appid }) as Promise<GetPrivacyCheckResponse>;
    expect(await check()).toEqual({ done: false, withoutAuth: [], withoutConf: [] });
    await world.sim.patch(appid, { privacyCheckMs: 0 });
    expect(await check()).toEqual({ done: true, withoutAuth: forbiddenPrivateApis, withoutConf: [] });
  });
});
