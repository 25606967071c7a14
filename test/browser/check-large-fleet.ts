import { beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { writeInventory } from '../bounds/write-inventory.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { answersOf, cpuOf, interactionsOf, median } from './measured.js';
import { open } from './open.js';
import { tabs, useTabs, world } from './use-tabs.js';

const MINI_PROGRAMS = 100_000;
const TIMES = byLength({ short: 2, long: 10 });
// The long form judges times too, on a machine that does nothing else.
const MS = byLength({
  short: { answer: Number.POSITIVE_INFINITY, interaction: Number.POSITIVE_INFINITY },
  long: { answer: 300, interaction: 100 },
});

// Without a worker nothing changes what SQL wrote.
useTabs({ workers: 0 });
beforeAll(async () => {
  await writeInventory((text) => world.sql(text), MINI_PROGRAMS);
  await world.sql(`update authorizers set nick_name = '小店' || right(appid, 6)`);
  await world.sql('vacuum analyze authorizers');
});

it.each(['/mini-programs', '/mini-programs/not-live', '/versions'])(
  'With 100,000 mini-programs the page %s is answered fast.',
  async (path) => {
    const page = await tabs.open();
    const answers: number[] = [];
    for (let i = 0; i <= TIMES; i++) {
      await open(page, path);
      answers.push(await answersOf(page));
    }
    judge(path, { answer: median(answers.slice(1)) });
  },
);

const rows = (page: Page) => page.locator('tbody tr.ant-table-row');
/** Waits until the list shows so many rows, each with the text. */
const shows = (page: Page, count: number, text: string) =>
  eventually(async () => {
    const texts = await rows(page).allTextContents();
    expect([texts.length, texts.every((one) => one.includes(text))]).toEqual([count, true]);
  });
const SEARCH = '名称、AppID 或标签';

/** What people do in the list. */
const ACTIONS: Record<string, (page: Page) => Promise<void>> = {
  'search by a part of a name': async (page) => {
    await page.getByLabel(SEARCH).pressSequentially('店01234');
    await shows(page, 16, '小店01234');
  },
  'search for what none has': async (page) => {
    await page.getByLabel(SEARCH).pressSequentially('没有');
    await page.getByText('没有符合条件的小程序').waitFor();
  },
  'filter by a label': async (page) => {
    await page.getByLabel('标签', { exact: true }).click();
    await page.locator('.ant-select-item-option', { hasText: 'pilot' }).click();
    await shows(page, 20, 'pilot');
  },
  'filter by a version': async (page) => {
    await rows(page).getByText('1.3', { exact: true }).first().click();
    await shows(page, 20, '1.3');
  },
  'sort by name': async (page) => {
    await page.locator('th', { hasText: '名称' }).click();
    await page.locator('th[aria-sort=ascending]').waitFor();
  },
  'the next page': async (page) => {
    await page.locator('.ant-pagination-next').click();
    await rows(page).getByText('小店000015', { exact: true }).waitFor();
  },
  'tick all rows of a page': async (page) => {
    await page.locator('thead .ant-checkbox-input').check();
    await page.getByText('已选 20 个').waitFor();
  },
};

it.each(Object.entries(ACTIONS))(
  'In a list of 100,000 mini-programs the answer and the next paint follow soon: %s.',
  async (name, act) => {
    const page = await tabs.open();
    const found: { answer: number; interaction: number; cpu: number }[] = [];
    for (let i = 0; i <= TIMES; i++) {
      await open(page, '/mini-programs');
      await page.evaluate('performance.clearResourceTimings()');
      const cpu = await cpuOf(page);
      const interactions = await interactionsOf(page, () => act(page));
      const answer = await answersOf(page);
      found.push({ answer, interaction: Math.max(0, ...interactions), cpu: await cpu() });
    }
    const middle = (of: 'answer' | 'interaction' | 'cpu') => median(found.slice(1).map((one) => one[of]));
    judge(name, { answer: middle('answer'), interaction: middle('interaction'), cpu: middle('cpu') });
  },
);

/** Prints what was measured, in ms, and compares that with the limits. */
function judge(name: string, found: { answer: number; interaction?: number; cpu?: number }): void {
  const rounded = Object.entries(found).map(([of, ms]) => `${of} ${Math.round(ms)} ms`);
  process.stderr.write(`${name}: ${rounded.join(', ')}\n`);
  expect(found.answer).toBeLessThanOrEqual(MS.answer);
  expect(found.interaction ?? 0).toBeLessThanOrEqual(MS.interaction);
}
