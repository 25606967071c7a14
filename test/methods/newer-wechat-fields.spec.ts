import { describe, expect, it } from '@jest/globals';
import type { GetGrayReleasePlanResponse, RequestOf } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { useSharedWorld, world } from '../use-world.js';

const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';
/** Of the world. */
const UNDO_PER_DAY = 5;
const SEVEN_DAYS_MS = 7 * 86_400_000;

useSharedWorld('release');

const commit = (appid: string, userVersion: string) =>
  world.run('Commit', { appid, templateId: 1n, userVersion });
const submit = (appid: string, more: Partial<RequestOf<'SubmitAudit'>> = {}) =>
  world.run('SubmitAudit', { appid, items: [AUDIT_ITEM], ...more });

async function approved(appid: string, userVersion: string): Promise<void> {
  await commit(appid, userVersion);
  expect(await submit(appid)).toMatchObject({ state: SUCCEEDED });
  await world.sim.decide(appid, { decision: 'approve' });
}

async function released(...versions: string[]): Promise<string> {
  const appid = newAppid();
  for (const version of versions) {
    await approved(appid, version);
    expect(await world.run('Release', { appid })).toMatchObject({ state: SUCCEEDED });
  }
  return appid;
}

describe('newer WeChat fields', () => {
  it('SubmitAudit succeeds with the declarations about private APIs and user-generated content that WeChat requires', async () => {
    const appid = newAppid();
    const { categories } = await world.sim.app(appid);
    await world.sim.patch(appid, {
      categories: categories.map((category) => ({ ...category, ugc: true })),
      forbiddenPrivateApis: ['getLocation'],
    });
    await commit(appid, '1.0');
    const ugcDeclaration = {
      ...{ scenes: [1, 4], methods: [1, 3], otherSceneDesc: '', hasAuditTeam: true, auditDesc: '人工审核' },
    };
    const refusal = async (more: Partial<RequestOf<'SubmitAudit'>>) =>
      (await submit(appid, more)).error?.reason;
    expect(await refusal({ ugcDeclaration })).toBe('PRIVACY_API_NOT_PERMITTED');
    expect(await refusal({ privacyApiNotUsed: true })).toBe('UGC_DECLARATION_MISSING');
    expect(await submit(appid, { ugcDeclaration, privacyApiNotUsed: true })).toMatchObject({
      state: SUCCEEDED,
    });
  });

  it('GrayRelease at 0 % reaches only the developers, can be increased, and its plan has a default finish time', async () => {
    const appid = await released('1.0');
    await approved(appid, '2.0');
    const gray = async (percentage: number, supportDebuggerFirst: boolean) =>
      (await world.run('GrayRelease', { appid, percentage, supportDebuggerFirst })).error?.errcode ?? 0;
    const plan = async () =>
      ((await world.call('GetGrayReleasePlan', { appid })) as GetGrayReleasePlanResponse).plan;

    expect(await gray(0, true)).toBe(0);
    const none = await plan();
    const running = 'GRAY_RELEASE_STATUS_RUNNING';
    expect(none).toMatchObject({ status: running, percentage: 0, supportDebuggerFirst: true });
    expect(none?.supportExperiencerFirst).toBe(false);
    const finish = (none?.createTime?.getTime() ?? 0) + SEVEN_DAYS_MS;
    expect(none?.defaultFinishTime?.getTime()).toBe(finish);

    expect([await gray(10, true), await gray(10, false)]).toEqual([0, 85082]);
    expect(await plan()).toMatchObject({ status: running, percentage: 10, supportDebuggerFirst: true });
  });

  it('RevertRelease restores the chosen version, not only the previous one', async () => {
    const appid = await released('1.0', '2.0', '3.0');
    expect(await world.run('RevertRelease', { appid, appVersion: '99' })).toMatchObject({
      error: { errcode: 87012, reason: 'REVERT_NOT_POSSIBLE' },
    });
    expect(await world.run('RevertRelease', { appid, appVersion: '1' })).toMatchObject({ state: SUCCEEDED });
    expect((await world.sim.app(appid)).live?.version.userVersion).toBe('1.0');
  });

  it('UndoAudit succeeds five times a day and then fails with 87013', async () => {
    const appid = newAppid();
    await commit(appid, '1.0');
    const undone: unknown[] = [];
    for (let time = 0; time <= UNDO_PER_DAY; time += 1) {
      await submit(appid);
      undone.push((await world.run('UndoAudit', { appid })).error?.errcode ?? 0);
    }
    expect(undone).toEqual([0, 0, 0, 0, 0, 87013]);
  });
});
