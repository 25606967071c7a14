import { beforeAll, expect, it } from '@jest/globals';
import { explanationOf } from '@wxa/contracts';
import type { Page } from 'playwright-core';
import { eventually } from '../eventually.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT, type Usual, usualData } from './usual-data.js';
import { clicksOf } from './visits.js';

useTabs({ env: COMPONENT });
let data: Usual;
beforeAll(async () => {
  data = await usualData(world);
});

const need = (page: Page, text: RegExp) =>
  page.locator('.ant-card', { hasText: '需要您处理' }).first().locator('.ant-flex', { hasText: text }).last();

it('The overview says what needs somebody, the most severe first, and each line leads to where it is done.', async () => {
  const page = await tabs.open();
  await page.goto('/');
  await page.getByText('已停用 1 个接口：提交审核').waitFor();
  await page.getByText('“春季版 3.2.0”等待放行，4 个小程序在等').waitFor();
  await page.getByText('“春季版 3.1.0”已结束，1 个小程序失败').waitFor();
  await page.locator('.ant-tag', { hasText: /^等待放行$/ }).waitFor();
  const actions = page.locator('.ant-card').first().locator('a.ant-btn');
  const severe = await actions.first().getAttribute('class');
  expect(severe).toContain('dangerous');
  await page.getByRole('link', { name: '去放行' }).click();
  await page.waitForURL(`**/rollouts/${data.held.id}`);
});

it('The version of a customer is seen with 1 click and a part of its appid.', async () => {
  const page = await tabs.open();
  await page.goto('/');
  const [, , , appid = ''] = data.appids;
  const dialog = page.getByRole('dialog');
  const clicks = await clicksOf(page, async () => {
    await page.getByRole('button', { name: /搜索/ }).click();
    await dialog.getByRole('textbox').pressSequentially(appid.slice(4, 16));
    const found = new RegExp(`${appid}.* ${data.held.spec?.userVersion}`);
    await dialog.getByRole('link', { name: found }).waitFor();
  });
  expect(clicks).toBe(1);
});

it('Who may not list one kind of results finds the others.', async () => {
  tabs.toleratesNetwork = true;
  const page = await tabs.open();
  await page.route('**/api/Fleet/GetFleetSummary', (route) =>
    route.fulfill({ status: 403, json: { code: 'PERMISSION_DENIED' } }),
  );
  await page.goto('/rollouts');
  await page.getByRole('button', { name: /搜索/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').pressSequentially('春季版');
  await dialog.getByRole('link', { name: /春季版 3.2.0/ }).waitFor();
});

it('The overview changes by itself, and a rollout that has ended with failures stays until it is dismissed.', async () => {
  const page = await tabs.open();
  await page.goto('/');
  await page.getByText('“春季版 3.1.0”已结束').waitFor();
  await page.getByRole('button', { name: '不再显示' }).click();
  await page.reload();
  await page.getByText('需要您处理').waitFor();
  await page.getByText('等待放行').first().waitFor();
  expect(await page.getByText('“春季版 3.1.0”已结束').count()).toBe(0);
  await world.sql(`update components set ticket_sent_at = now() - interval '45 minutes'`);
  await need(page, /45 分钟没有收到/).waitFor();
});

it('Who runs which version is seen with 1 click, by label too, and a number leads to its mini-programs.', async () => {
  const page = await tabs.open();
  await page.goto('/');
  await page.getByRole('navigation').getByRole('link', { name: '版本' }).click();
  const all = page.locator('.ant-card', { hasText: /全部 12 个小程序/ }).first();
  const live = all.getByRole('link', { name: new RegExp(`^${data.held.spec?.userVersion} 5$`) });
  await live.waitFor();
  await page
    .locator('.ant-card', { hasText: '按标签' })
    .getByRole('link', { name: /^餐饮/ })
    .first()
    .waitFor();
  await live.click();
  await eventually(async () => expect(await page.locator('tbody tr.ant-table-row').count()).toBe(5));
});

it('A rollout that a rule has paused says why in the language of the page, and so does the name of a rollback.', async () => {
  const { detail, explanation } = explanationOf('SHARE_FAILED', {
    ...{ failed: 5, ended: 6, step: 'AUDIT', rule: 'AUDIT_REJECTED', percent: 20, min_ended: 5 },
  });
  await world.sql(
    `update rollouts set state = 'PAUSED', pause_cause = 'STOP_RULE', pause_detail = $2, rollback_of = $3, pause_explanation = $4,
       spec = spec::jsonb || '{"name": "Rollback: 春季版"}' where id = $1`,
    [data.held.id, detail, data.done.id, explanation],
  );
  const page = await tabs.open();
  await page.goto('/');
  await need(page, /“批量回退：春季版”：停止规则触发，已暂停 · 审核：6 个已结束，其中 5 个失败/).waitFor();
  await page.getByRole('link', { name: '批量回退：春季版' }).waitFor();
});
