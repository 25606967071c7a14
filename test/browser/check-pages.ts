import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { World } from '../world.js';
import { startChromium } from './chromium.js';
import { isOf, routes } from './routes.js';
import { type Language, Tabs } from './tabs.js';
import { COMPONENT, type Usual, usualData } from './usual-data.js';

const SCREENSHOTS = join(import.meta.dirname, '../../.stack/screenshots');
/** What pages show while they are changed: not looked at as pages. */
const NO_PAGES = [/\/live$/];

const PATHS: Record<string, (data: Usual) => string> = {
  login: () => '/login',
  lanes: () => '/lanes',
  rollouts: () => '/rollouts',
  rollout: ({ held }) => `/rollouts/${held.id}`,
  'rollout that is done': ({ done }) => `/rollouts/${done.id}`,
  'journal of a rollout': ({ held }) => `/rollouts/${held.id}/changes`,
  'opening of a gate': ({ held }) => `/rollouts/${held.id}/advance?wave=2&gate=SUBMIT`,
  'resumption of a rollout': ({ held }) => `/rollouts/${held.id}/resume`,
  'cancellation of a rollout': ({ held }) => `/rollouts/${held.id}/cancel`,
  'rollback of a rollout': ({ done }) => `/rollouts/${done.id}/rollback`,
  'retry of all failures': ({ done }) => `/rollouts/${done.id}/retry`,
};

let world: World;
let browser: Browser;
let tabs: Tabs;
let data: Usual;
beforeAll(async () => {
  [world, browser] = await Promise.all([
    World.start({ withConsole: true, follow: false, env: COMPONENT }),
    startChromium(),
  ]);
  if (world.stack.console === undefined) throw new Error('the stack has no console');
  tabs = new Tabs(browser, world.stack.console);
  data = await usualData(world);
  await mkdir(SCREENSHOTS, { recursive: true });
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await world?.stop();
}, 60_000);

/** Serious and critical violations, with the elements. */
async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

const overflow = (page: Page) =>
  page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');

describe.each<[Language, 'light' | 'dark', number]>([
  ['zh', 'light', 1280],
  ['en', 'dark', 390],
])('in %s, %s, at %i px', (language, colors, width) => {
  let tab: Page;
  beforeAll(async () => {
    tab = await tabs.open({ language, colors, width });
  });
  afterAll(() => tabs.close());

  it.each(Object.entries(PATHS))(
    'The page %s is accessible, fits the window and causes no complaint',
    async (name, pathOf) => {
      const response = await tab.goto(pathOf(data));
      expect(response?.status()).toBe(200);
      await tab.screenshot({ path: join(SCREENSHOTS, `${name}-${language}-${width}.png`), fullPage: true });
      expect(await violations(tab)).toEqual([]);
      expect(await overflow(tab)).toBe(0);
      expect(tabs.problems()).toEqual([]);
    },
  );
});

it('Every page of the console is among those looked at', async () => {
  const paths = Object.values(PATHS).map((pathOf) => pathOf(data));
  const all = (await routes()).filter((route) => !NO_PAGES.some((pattern) => pattern.test(route)));
  expect(all.filter((route) => !paths.some((path) => isOf(route, path)))).toEqual([]);
});
