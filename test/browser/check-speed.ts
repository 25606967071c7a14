import { beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { byLength } from '../length.js';
import { interactionsOf, median } from './measured.js';
import { open } from './open.js';
import { pagesOf } from './pages.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT, type Usual, usualData } from './usual-data.js';

useTabs({ env: COMPONENT });
let data: Usual;
beforeAll(async () => {
  data = await usualData(world);
});

const MS = byLength({
  short: { paint: Number.POSITIVE_INFINITY, interaction: Number.POSITIVE_INFINITY },
  long: { paint: 1_000, interaction: 100 },
});
const VISITS = 7;

it('Every page needs at most 450 KB of compressed scripts and styles until it can be used', async () => {
  // Some pages are of what does not exist.
  tabs.toleratesNetwork = true;
  const sizes: [size: number, page: string][] = [];
  for (const [name, path] of Object.entries(pagesOf(data))) {
    // A visitor who has none of its files.
    const page = await tabs.open();
    await open(page, path);
    sizes.push([await sizeOf(page), name]);
    await page.context().close();
  }
  sizes.sort(([one], [other]) => other - one);
  for (const [size, name] of sizes) process.stderr.write(`first load: ${size} KB ${name}\n`);
  expect(sizes.at(-1)?.[0]).toBeGreaterThan(100);
  expect(sizes.filter(([size]) => size > 450)).toEqual([]);
}, 1_800_000);

/** It comes after the page, which the next test shows. */
const CHART = /\/static\/chart-[^/]+\.js$/;

/** What a page has loaded of the application's files but the chart, compressed, in KB. */
async function sizeOf(page: Page): Promise<number> {
  const files = await page.evaluate<[string, number][]>(`performance.getEntriesByType('resource')
    .map(({ name, encodedBodySize }) => [name, encodedBodySize])`);
  const needed = files.filter(([name]) => name.includes('/static/') && !CHART.test(name));
  return Math.ceil(needed.reduce((sum, [, bytes]) => sum + bytes, 0) / 1_024);
}

it('A rollout can be used, and has room for its chart, before the chart is loaded', async () => {
  const page = await tabs.open();
  let load = () => Promise.resolve();
  await page.route(CHART, (route) => {
    load = () => route.continue();
  });
  const asked = page.waitForRequest(CHART);
  await page.goto(`/rollouts/${data.done.id}`);
  await asked;
  await page.getByRole('button', { name: '更多' }).click();
  await page.getByRole('menuitem').first().waitFor();
  const before = await page.evaluate<number>('shifts');
  await load();
  await page.locator('main canvas').waitFor();
  expect(await page.evaluate<number>('shifts')).toBe(before);
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
      await page.getByLabel('名称、AppID 或标签').pressSequentially('零售', { delay: 50 });
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
