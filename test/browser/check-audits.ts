import { expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AUDIT_RULES, authorized as letAuthorize, openAppid, rejectedAppid } from '../journeys/journey.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { authorized, COMPONENT } from './usual-data.js';

useTabs({ env: { ...COMPONENT, SIM_AUDIT_RULES: JSON.stringify(AUDIT_RULES) } });

it('The page of audits says how those of 30 days ended, and for which reasons those of a template were rejected', async () => {
  await world.sql(
    `insert into audits (operation_id, appid, audit_id, user_version, template_id, state, submitted_at, decided_at, decided_event)
     select gen_random_uuid(), $1, n, '1.0', 987, case when n = 1 then 'REJECTED' else 'APPROVED' end, now() - interval '2 hours', now(),
       '{"reasons": [{"title": "类目与内容不符"}]}' from generate_series(1, 4) n`,
    [newAppid()],
  );
  const page = await tabs.open();
  const template = page.getByRole('row').filter({ hasText: '模板 987' });
  // The gateway repeats an answer for ten seconds.
  await eventually(async () => {
    await page.goto('/audits?state=REJECTED');
    await page.getByText(/^近 30 天/).waitFor();
    return (await template.count()) === 1;
  });
  expect(await template.getByRole('cell').allTextContents()).toEqual(['模板 987', '4', '75 %', '2 小时']);
  await page.getByText(/^近 30 天：\d+ 个有结果，通过率 \d+ %/).waitFor();
  await template.getByRole('button').click();
  await page
    .getByRole('row', { name: /类目与内容不符.*1/ })
    .first()
    .waitFor();
});

it('Ended audits begin with the latest, and open ones with the longest wait', async () => {
  const appid = newAppid();
  await world.sql(
    `insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, decided_at)
     select gen_random_uuid(), $1, 10 + n, n || '.0', case when n > 2 then 'REJECTED' else 'OPEN' end,
       now() - (9 - n) * interval '1 hour', case when n > 2 then now() end from generate_series(1, 4) n`,
    [appid],
  );
  const page = await tabs.open();
  const shown = page.locator('tbody tr.ant-table-row a[href^="/audits/"]');
  for (const [state, versions] of Object.entries({ REJECTED: ['4.0', '3.0'], PENDING: ['1.0', '2.0'] })) {
    await page.goto(`/audits?state=${state}&appid=${appid}`);
    await eventually(async () => expect(await shown.allTextContents()).toEqual(versions));
  }
});

it('Lists of audits and of operations name their mini-program', async () => {
  const [appid = ''] = await authorized(world, 1);
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  const name = `小程序${appid.slice(-4)}`;
  const page = await tabs.open();
  for (const list of ['audits?state=ALL&', 'operations?']) {
    await page.goto(`/${list}appid=${appid}`);
    const row = page.getByRole('row', { name: new RegExp(appid) });
    await row.getByRole('link', { name }).first().waitFor();
  }
});

it('The list of open audits and the page of one follow a verdict', async () => {
  const [appid = ''] = await letAuthorize(world, openAppid());
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  const [list, one] = [await tabs.open(), await tabs.open()];
  await list.goto(`/audits?appid=${appid}`);
  const row = list.getByRole('row').filter({ hasText: appid });
  const href = await row.getByRole('link', { name: '1.0' }).getAttribute('href');
  await one.goto(href ?? '');
  await one.getByText('审核中').first().waitFor();
  await world.sim.decide(appid, { decision: 'reject', reason: '类目不符' });
  await one.getByText('类目不符').first().waitFor();
  await row.waitFor({ state: 'detached' });
});

it('A rejected audit is submitted again with its items and what was corrected of them.', async () => {
  const [appid = ''] = await letAuthorize(world, rejectedAppid());
  await world.run('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  await world.run('SubmitAudit', { appid, items: [AUDIT_ITEM] });
  const page = await tabs.open();
  const audit = page.getByRole('row').filter({ hasText: appid }).getByRole('link', { name: '1.0' });
  await page.goto(`/audits?state=REJECTED&appid=${appid}`);
  await audit.click();
  await page.getByRole('link', { name: '修改后再次提交审核' }).click();
  await page.getByRole('dialog').getByLabel('页面标题').fill('新的标题');
  await page.getByRole('dialog').getByRole('button', { name: '提交审核' }).click();
  const sent = await eventually(async () => {
    const calls = await world.sim.calls({ appid, api: 'wxa/submit_audit' });
    return calls.length === 2 && calls.map(({ body }) => JSON.parse(body).item_list);
  });
  expect(sent[1]).toEqual([{ ...sent[0][0], title: '新的标题' }]);
});
