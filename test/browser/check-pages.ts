import { beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { appRoutes, isOf } from './app-routes.js';
import { LOOKS, lookFaults } from './looks.js';
import { open } from './open.js';
import { dialogsOf, pagesOf } from './pages.js';
import { textIn } from './texts.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT, type Usual, usualData } from './usual-data.js';

useTabs({ env: COMPONENT });
let data: Usual;
beforeAll(async () => {
  data = await usualData(world);
}, 90_000);

/** Opens a page, lets `act` do something on it, and says what is wrong with how it looks then. */
async function faultsOf(
  page: Page,
  name: string,
  path: string,
  act?: () => Promise<void>,
): Promise<string[]> {
  try {
    await open(page, path);
    await act?.();
  } catch (error) {
    return [String(error)];
  }
  // A menu is in no landmark.
  const rules = name.startsWith('menu-') ? ['region'] : [];
  return [...(await lookFaults(page, name, rules)), ...tabs.problems()];
}

const withFaults = (faults: Record<string, string[]>) =>
  Object.entries(faults).filter(([, of]) => of.length > 0);

it.each(LOOKS)(
  'Every page is accessible, fits the window and has one language in $language, $colors, at $width px',
  async (look) => {
    // Some pages are of what does not exist.
    tabs.toleratesNetwork = true;
    const page = await tabs.open(look);
    const faults: Record<string, string[]> = {};
    for (const [name, path] of Object.entries(pagesOf(data))) faults[name] = await faultsOf(page, name, path);
    expect(withFaults(faults)).toEqual([]);
  },
  600_000,
);

it.each(LOOKS)(
  'Every dialog is accessible, fits the window and has one language in $language, $colors, at $width px',
  async (look) => {
    const page = await tabs.open(look);
    const faults: Record<string, string[]> = {};
    for (const [name, [path, ...keys]] of Object.entries(dialogsOf(data)))
      faults[name] = await faultsOf(page, name, path, async () => {
        for (const key of keys) await press(page, await textIn(look.language, key));
      });
    expect(withFaults(faults)).toEqual([]);
  },
  600_000,
);

/** Presses a button or item of a menu. Its icons have names, and Ant Design puts a space between two Chinese characters. */
async function press(page: Page, text: string): Promise<void> {
  const name = new RegExp(`^(\\w+ )?${[...text].join('\\s?')}(…| \\w+)?$`);
  const found = page.getByRole('button', { name }).or(page.getByRole('menuitem', { name }));
  await found.first().click();
}

it('Every page of the application is among those looked at', async () => {
  const paths = Object.values(pagesOf(data));
  const all = await appRoutes();
  expect(all.length).toBeGreaterThan(20);
  expect(all.filter((route) => !paths.some((path) => isOf(route, path)))).toEqual([]);
});
