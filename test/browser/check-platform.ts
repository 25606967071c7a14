import { credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { PlatformClient, StopScope } from '@wxa/contracts';
import type { Page } from 'playwright-core';
import { eventually } from '../eventually.js';
import { AUDIT_RULES, Journey, authorized as letAuthorize } from '../journeys/journey.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { unary } from '../world.js';
import { counts, says, showsState } from './rollout-visits.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT } from './usual-data.js';

const SUBMIT_AUDIT = 'wxa/submit_audit';
const PLENTY = { rest: 1_000, limit: 1_000, speedupRest: 5, speedupLimit: 5 };

useTabs({ env: { ...COMPONENT, SIM_AUDIT_RULES: JSON.stringify(AUDIT_RULES) } });
const rollouts = new Journey(() => world);
const authorized = <Appids extends string[]>(...appids: Appids) => letAuthorize(world, ...appids);

let platform: PlatformClient;
beforeAll(async () => {
  platform = new PlatformClient(world.stack.addresses.grpc, credentials.createInsecure());
  // The first ticket has come: there are tokens.
  await eventually(async () => (await world.sql('select from components')).length === 1);
});
afterAll(() => platform.close());
afterEach(() => world.sim.clearFaults());

async function setQuota(auditQuota: Partial<typeof PLENTY>): Promise<void> {
  await world.sim.patchPlatform({ auditQuota });
}

/** Lets the service read the quota. */
const readQuota = (appid = '') => world.call('GetAuditQuota', { appid });

const STOPPED_BY = { scope: StopScope.STOP_SCOPE_UNSPECIFIED, onBehalfOf: '王小明' };

/** An operator stops an API for an hour. */
async function stop(api: string, reason: string): Promise<void> {
  const until = new Date(Date.now() + 3_600_000);
  await unary(platform, 'stopApis', { ...STOPPED_BY, api, until, reason });
}

/** Lifts the stop of an API on the page of the platform. */
async function lift(page: Page, api: string, reason: string): Promise<void> {
  await page.goto('/platform');
  await page.locator('tr', { hasText: api }).getByRole('button', { name: '恢复调用' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('原因').fill(reason);
  await dialog.getByRole('button', { name: '恢复调用' }).click();
  await page.getByText('没有停用的接口').waitFor();
}

it('While 85085 stops submissions releases continue, and once the quota is raised a lift on the page lets submissions continue', async () => {
  const appids = await authorized(...newAppids(8));
  await setQuota({ ...PLENTY, rest: 100 });
  await readQuota(appids[0]);
  // Others use up what the platform has just read.
  await setQuota({ ...PLENTY, rest: 3 });
  const { id } = await rollouts.create(appids, { maxInFlight: 2 });
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}`);
  await showsState(page, '受阻：平台提审额度已用完');
  await counts(page, '已完成 3');
  await says(page, '平台剩余提审 0 次');
  expect((await rollouts.get(id)).state).toBe('ROLLOUT_STATE_RUNNING');

  await setQuota(PLENTY);
  await lift(await tabs.another(page.context()), SUBMIT_AUDIT, '微信已提高额度');
  await showsState(page, '已完成');
  await counts(page, '已完成 8');
});

it('The stop of an operator shows who stopped the API, why and until when, and a reason lifts it', async () => {
  await stop('wxa/release', '版本有问题');
  const page = await tabs.open();
  await page.goto('/platform');
  const row = page.getByRole('region', { name: '停用的接口' }).locator('tbody tr');
  await row.getByText(/由 王小明 停用/).waitFor();
  await row.getByText('版本有问题').waitFor();
  await lift(page, 'wxa/release', '已修复');
  await page.goto('/trail?action=api.resumed');
  await page.getByRole('row', { name: /已修复/ }).waitFor();
});

it('Of stops that are lifted together for one reason the one that stays is named, and each lift is in the trail', async () => {
  tabs.toleratesNetwork = true;
  await stop('wxa/release', '版本有问题');
  await stop('wxa/commit', '版本有问题');
  const page = await tabs.open();
  await page.goto('/platform');
  await page.getByText(/^已停止：(发布|上传代码) 等，另有 1 个接口$/).waitFor();
  await page.route('**/api/Platform/LiftApiStops', (route) =>
    route.request().postData()?.includes('wxa/commit') ? route.abort() : route.continue(),
  );
  await page.getByRole('button', { name: '全部恢复（2）' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('原因').fill('都已修复');
  await dialog.getByRole('button', { name: '恢复调用' }).click();
  await dialog.locator('.ant-alert', { hasText: '1 个没有受理' }).getByText('上传代码').waitFor();
  await dialog.locator('.ant-alert', { hasText: '1 个已受理' }).getByText('发布').waitFor();
  await dialog.getByRole('button', { name: '关 闭' }).click();
  await page.unroute('**/api/Platform/LiftApiStops');
  await lift(page, 'wxa/commit', '都已修复');
  await page.goto('/trail?action=api.resumed');
  const rows = page.getByRole('row', { name: /都已修复/ });
  await rows.nth(1).waitFor();
  expect(await rows.count()).toBe(2);
});

it('A session that ends in the middle of a batch opens the login only after the dialog has said what was done and what was not', async () => {
  tabs.toleratesNetwork = true;
  await stop('wxa/release', '误停');
  await stop('wxa/commit', '误停');
  const page = await tabs.open();
  await page.goto('/platform');
  const lifted = page.waitForResponse('**/api/Platform/LiftApiStops');
  await page.route('**/api/Platform/LiftApiStops', async (route) => {
    if (!route.request().postData()?.includes('wxa/commit')) return route.continue();
    await lifted;
    await page.context().clearCookies();
    await route.fulfill({ status: 401, json: { code: 'UNAUTHENTICATED', reason: 'LOGIN_REQUIRED' } });
  });
  await page.getByRole('button', { name: '全部恢复（2）' }).click();
  const dialog = page.getByRole('dialog');
  const ended = page.waitForResponse(
    (answer) => answer.url().endsWith('/GetPlatformStatus') && answer.status() === 401,
  );
  await dialog.getByRole('button', { name: '恢复调用' }).click();
  await ended;
  await dialog.locator('.ant-alert', { hasText: '1 个没有受理' }).getByText('上传代码').waitFor();
  await dialog.locator('.ant-alert', { hasText: '1 个已受理' }).getByText('发布').waitFor();
  await dialog.getByRole('button', { name: '关 闭' }).click();
  await page.waitForURL('**/login?to=%2Fplatform&ended');
  await unary(platform, 'liftApiStops', { ...STOPPED_BY, api: '', reason: '' });
});
