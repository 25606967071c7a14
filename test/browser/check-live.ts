import { expect, it } from '@jest/globals';
import { Journey, REST } from '../journeys/journey.js';
import { scrape } from '../metrics/exposition.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { eventually } from '../world.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT } from './usual-data.js';
import { isLive, part, pathOf, showsState } from './visits.js';

const { WECHAT_TOKEN_SOURCE: _, ...WAITS } = COMPONENT;
useTabs({ env: WAITS });
const rollouts = new Journey(() => world);

const atGate = () => rollouts.create(newAppids(2), { waves: [{ ...REST, submitGate: { manual: true } }] });

async function again(app: { start(): Promise<void>; waitReady(): Promise<void> }): Promise<void> {
  await app.start();
  await app.waitReady();
}

it('While the gateway is gone a live page says since when it is stale, a form keeps its input, and both continue', async () => {
  tabs.toleratesNetwork = true;
  const { id } = await atGate();
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}`);
  await isLive(page);
  const form = await tabs.another(page.context());
  await form.goto(`/rollouts/${id}/cancel`);
  await form.fill('[name=reason]', '模板有误');
  await form.fill('[name=typed_name]', (await rollouts.get(id)).spec?.name ?? '');

  world.stack.gateway.kill('SIGKILL');
  await page.locator('.stale:not(:empty)').waitFor();
  await form.click('main button[type=submit]');
  await form.getByRole('heading', { name: '服务暂时不可用' }).waitFor();
  await again(world.stack.gateway);
  await page.locator('.stale:empty').waitFor({ state: 'attached' });
  await form.goBack();
  expect(await form.inputValue('[name=reason]')).toBe('模板有误');
  // Not kept by the browser, because it is the confirmation.
  await form.fill('[name=typed_name]', (await rollouts.get(id)).spec?.name ?? '');
  await form.click('main button[type=submit]');
  await form.waitForURL(`**/rollouts/${id}`);
  await showsState(page, '已取消');
});

it('A session and the input of a form survive the death of the console, and a live page connects again', async () => {
  tabs.toleratesNetwork = true;
  const { id } = await atGate();
  const page = await tabs.open();
  await page.goto(`/rollouts/${id}`);
  await isLive(page);
  const form = await tabs.another(page.context());
  await form.goto(`/rollouts/${id}/advance?wave=1&gate=SUBMIT`);
  await form.fill('[name=reason]', '已确认');

  const { app } = tabs.console;
  app.kill('SIGKILL');
  await isLive(page, 'off');
  const refused = form.waitForEvent('requestfailed');
  await form.click('main button[type=submit]', { noWaitAfter: true });
  await refused;
  await again(app);
  await isLive(page);
  // The browser sends the form again.
  await form.reload();
  expect(pathOf(form)).toBe(`/rollouts/${id}`);
  await showsState(page, '已完成');
  await part(form, 'changes').getByText('已确认').waitFor();
});

it('20 live tabs on one rollout share one stream of the gateway, and all show a change', async () => {
  const { id } = await atGate();
  const groups = await Promise.all([1, 2, 3, 4].map(() => tabs.open()));
  const others = await Promise.all(
    groups.flatMap((page) => [1, 2, 3, 4].map(() => tabs.another(page.context()))),
  );
  const pages = [...groups, ...others];
  await Promise.all(pages.map((page) => page.goto(`/rollouts/${id}`)));
  await Promise.all(pages.map((page) => isLive(page)));
  await eventually(async () => {
    const series = await scrape(world.stack.addresses.http);
    const streams = [...series].filter(([name]) => name.startsWith('wxa_watch_streams'));
    expect(streams.reduce((sum, [, value]) => sum + value, 0)).toBe(1);
  });
  await rollouts.ask('pauseRollout', { id, reason: '午休' });
  await Promise.all(pages.map((page) => part(page, 'changes').getByText('午休').waitFor()));
});
