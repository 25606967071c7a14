import { beforeAll, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { appRoutes, isOf } from './app-routes.js';
import { FIRST_LOOK, looksFaults } from './looks.js';
import { loaded, open } from './open.js';
import { dialogsOf, pagesOf } from './pages.js';
import { textIn } from './texts.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT, type Usual, usualData } from './usual-data.js';

/** One waits for the network while another is looked at. */
const TABS = 2;

useTabs({ env: COMPONENT });
let data: Usual;
beforeAll(async () => {
  data = await usualData(world);
});

it('Every page is accessible, fits the window and has one language, in all languages, colors and widths', async () => {
  // Some pages are of what does not exist.
  tabs.toleratesNetwork = true;
  expect(await faultsOf(Object.entries(pagesOf(data)).map(([name, path]) => [name, [path]]))).toEqual([]);
}, 1_800_000);

it('Every dialog is accessible, fits the window and has one language, in all languages, colors and widths', async () => {
  expect(await faultsOf(Object.entries(dialogsOf(data)))).toEqual([]);
}, 1_800_000);

it('A page whose content cannot be read says why, and calls nothing empty', async () => {
  tabs.toleratesNetwork = true;
  const page = await tabs.open();
  await page.route('**/api/**', (route) => route.fulfill({ status: 500, json: { code: 'INTERNAL' } }));
  const { nowhere: _, 'rollout-new': __, ...pages } = pagesOf(data);
  const faults: Record<string, string[]> = {};
  for (const [name, path] of Object.entries(pages)) {
    await open(page, path);
    const main = page.locator('main');
    const said = await main.getByText('请求没有完成').count();
    const empty = await main.locator('.ant-empty, .ant-table-placeholder').allTextContents();
    if (said < 1 || said > 2) empty.push(`${said} errors`);
    if (empty.length > 0) faults[name] = empty;
  }
  expect(faults).toEqual({});
});

it('A page whose texts could not be loaded offers to load it again', async () => {
  tabs.toleratesNetwork = true;
  const page = await tabs.open();
  await page.route('**/zh-*.js', (route) => route.abort());
  await page.goto('/nowhere');
  const reload = page.getByRole('button', { name: '重新加载' });
  await reload.waitFor();
  await page.unroute('**/zh-*.js');
  await reload.click();
  await page.getByText('没有找到这个页面').waitFor();
});

it('Every page of the application is among those looked at', async () => {
  const paths = Object.values(pagesOf(data));
  const all = await appRoutes();
  expect(all.length).toBeGreaterThan(20);
  expect(all.filter((route) => !paths.some((path) => isOf(route, path)))).toEqual([]);
});

type Visit = [name: string, [path: string, ...presses: string[]]];

/** What is wrong with some pages, each looked at in all ways; says on the terminal how far it is. */
async function faultsOf(visits: Visit[]): Promise<string[]> {
  const faults: string[] = [];
  const rest = visits.entries();
  const visitor = async () => {
    const page = await tabs.open(FIRST_LOOK);
    for (const [i, visit] of rest) {
      const start = performance.now();
      const found = await faultsOfOne(page, visit).catch((error) => [`${visit[0]}: ${error}`]);
      faults.push(...found);
      const seconds = ((performance.now() - start) / 1_000).toFixed(1);
      process.stderr.write(`${i + 1}/${visits.length} ${seconds} s ${visit[0]} ${found.join('\n')}\n`);
    }
  };
  await Promise.all(Array.from({ length: TABS }, visitor));
  return faults;
}

async function faultsOfOne(page: Page, [name, [path, ...presses]]: Visit): Promise<string[]> {
  await open(page, path);
  for (const what of presses) await press(page, what);
  await loaded(page);
  await unfold(page);
  // A menu is in no landmark.
  return looksFaults(page, name, name.startsWith('menu-') ? ['region'] : []);
}

/** Presses what a selector finds, or a button or item of a menu. Its icons have names, and Ant Design puts a space between two Chinese characters. */
async function press(page: Page, what: string): Promise<void> {
  const found = what.startsWith('.') ? page.locator(what).last() : await named(page, what);
  await found.waitFor();
  await loaded(page);
  await found.click();
}

async function named(page: Page, key: string): Promise<Locator> {
  const text = await textIn(FIRST_LOOK.language, key);
  const name = new RegExp(`^(\\w+ )?${[...text].join('\\s?')}(…| \\w+)*$`);
  return page.getByRole('button', { name }).or(page.getByRole('menuitem', { name })).first();
}

/** What is folded is looked at too. Each part is unfolded from what the one before has left. */
async function unfold(page: Page): Promise<void> {
  const folded = page.locator('.ant-collapse-header[aria-expanded=false], details:not([open]) > summary');
  while ((await folded.count()) > 0) await folded.first().dispatchEvent('click');
  await loaded(page);
}
