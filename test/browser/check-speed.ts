import { beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { byLength } from '../length.js';
import { interactionsOf, median } from './measured.js';
import { open } from './open.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { authorized, COMPONENT } from './usual-data.js';

useTabs({ env: COMPONENT });
beforeAll(async () => {
  await authorized(world, 12);
}, 90_000);

const MS = byLength({
  short: { paint: Number.POSITIVE_INFINITY, interaction: Number.POSITIVE_INFINITY },
  long: { paint: 1_000, interaction: 200 },
});
const VISITS = 7;

it('The first load is at most 450 KB of compressed scripts and styles', async () => {
  const page = await tabs.open();
  const sizes: Promise<number>[] = [];
  page.on('response', (response) => {
    if (!new URL(response.url()).pathname.startsWith('/static/')) return;
    const sizesOf = response.request().sizes();
    sizes.push(sizesOf.then(({ responseBodySize }) => responseBodySize));
  });
  await open(page, '/');
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  process.stderr.write(`first load: ${Math.round(bytes / 1_024)} KB\n`);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThanOrEqual(450 * 1_024);
});

it('A page paints within a second once its files are in the cache', async () => {
  const page = await tabs.open();
  const paints: number[] = [];
  for (let i = 0; i <= VISITS; i++) {
    await open(page, '/mini-programs');
    paints.push(
      await page.evaluate<number>(`performance.getEntriesByName('first-contentful-paint')[0].startTime`),
    );
  }
  const paint = median(paints.slice(1));
  process.stderr.write(`first contentful paint: ${Math.round(paint)} ms\n`);
  expect(paint).toBeLessThanOrEqual(MS.paint);
});

/** What is done most: the page where it begins, and what is clicked or typed. */
const ACTIONS: Record<string, { width?: number; at: string; act(page: Page): Promise<void> }> = {
  'open a dialog': {
    at: '/',
    act: async (page) => {
      await page.getByRole('button', { name: '紧急停止' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  'open the drawer of the navigation': {
    width: 390,
    at: '/',
    act: async (page) => {
      await page.getByRole('button', { name: '打开导航' }).click();
      await page.getByRole('dialog').getByRole('link', { name: '模板' }).waitFor();
    },
  },
  'type into the search of mini-programs': {
    at: '/mini-programs',
    act: async (page) => {
      const rows = page.locator('tbody tr.ant-table-row');
      await page.getByLabel('搜索名称、AppID 或标签').pressSequentially('零售', { delay: 50 });
      await rows.nth(6).waitFor({ state: 'detached' });
    },
  },
  'change the page': {
    at: '/mini-programs',
    act: async (page) => {
      for (const name of ['批量发布', '版本', '审核']) {
        await page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
        await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      }
    },
  },
};

it.each(Object.entries(ACTIONS))(
  'The next paint follows soon: %s',
  async (name, { width = 1280, at, act }) => {
    const page = await tabs.open({ width });
    await open(page, at);
    const durations = await interactionsOf(page, () => act(page));
    process.stderr.write(`${name}: ${durations.join(', ')} ms\n`);
    expect(Math.max(...durations)).toBeLessThanOrEqual(MS.interaction);
  },
);
