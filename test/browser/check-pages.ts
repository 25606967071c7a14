import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { beforeAll, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { assetBytes, costOf, LIMITS } from './measured.js';
import { NO_PAGES, PATHS } from './paths.js';
import { isOf, routes } from './routes.js';
import { tabs, useTabs, world } from './use-tabs.js';
import { COMPONENT, type Usual, usualData } from './usual-data.js';

const SCREENSHOTS = join(import.meta.dirname, '../../.stack/screenshots');
const SIGHTS = [
  { language: 'zh', colors: 'light', width: 1280 },
  { language: 'en', colors: 'dark', width: 390 },
] as const;
const HEIGHT = 800;

const PICTURES = [
  { name: 'rollout', language: 'zh' },
  { name: 'overview', language: 'en' },
  { name: 'mini-program', language: 'zh' },
] as const;

useTabs({ env: COMPONENT });
let data: Usual;
beforeAll(async () => {
  data = await usualData(world);
  await mkdir(SCREENSHOTS, { recursive: true });
}, 90_000);

/** Serious and critical violations, with the elements. Colours alone differ between the two sights that are looked at. */
async function violations(page: Page, rules: 'all' | 'colours'): Promise<string[]> {
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations: found } = await (rules === 'all' ? axe : axe.withRules('color-contrast')).analyze();
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** A page that is wider than the window of any sight. */
async function widthFaults(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const { width } of SIGHTS) {
    await page.setViewportSize({ width, height: HEIGHT });
    const tooWide = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    if (tooWide > 0) faults.push(`${tooWide} px wider than ${width} px`);
  }
  return faults;
}

/** A page that is larger than its budget. */
async function sizeFaults(page: Page, html: string): Promise<string[]> {
  const { bytes, nodes } = await costOf(page, html);
  return [
    ...(bytes > LIMITS.bytes ? [`${bytes} bytes of HTML`] : []),
    ...(nodes > LIMITS.nodes ? [`${nodes} nodes`] : []),
  ];
}

/** Opens a page and waits for the parts that it loads by itself. */
async function opened(page: Page, path: string) {
  const response = await page.goto(path);
  await page.locator('[hx-trigger="load"]').waitFor({ state: 'detached' });
  return response;
}

it.each(SIGHTS)(
  'Every page is accessible, small and fits the window in $language, $colors, at $width px',
  async (sight) => {
    const tab = await tabs.open(sight);
    const faults: Record<string, string[]> = {};
    for (const [name, pathOf] of Object.entries(PATHS)) {
      await tab.setViewportSize({ width: sight.width, height: HEIGHT });
      const response = await opened(tab, pathOf(data));
      const file = join(SCREENSHOTS, `${name.replaceAll(' ', '-')}-${sight.language}-${sight.width}.png`);
      await tab.screenshot({ path: file, fullPage: true });
      const found = [
        ...(response?.status() === 200 ? [] : [`status ${response?.status()}`]),
        ...(await sizeFaults(tab, (await response?.text()) ?? '')),
        ...(await violations(tab, sight.colors === 'light' ? 'all' : 'colours')),
        ...(await widthFaults(tab)),
        ...tabs.problems(),
      ];
      if (found.length > 0) faults[name] = found;
    }
    expect(faults).toEqual({});
  },
  300_000,
);

// Pictures of the documents: SCREENSHOTS names the folder.
if (process.env.SCREENSHOTS !== undefined)
  it.each(PICTURES)('The picture $name of the documents has at most 70 KB', async ({ name, language }) => {
    const tab = await tabs.open({ language, width: 880 });
    await opened(tab, PATHS[name]?.(data) ?? '');
    const path = join(process.env.SCREENSHOTS ?? '', `${name}.png`);
    const clip = { x: 0, y: 0, width: 880, height: 370 };
    expect((await tab.screenshot({ path, clip })).length).toBeLessThanOrEqual(70_000);
  });

it('Scripts and style sheets of a page are within their budgets', async () => {
  const tab = await tabs.open();
  await tab.goto('/lanes');
  const { scripts, styles } = await assetBytes(tab);
  expect(scripts).toBeLessThanOrEqual(LIMITS.scripts);
  expect(styles).toBeLessThanOrEqual(LIMITS.styles);
});

it('Every page of the console is among those looked at', async () => {
  const paths = Object.values(PATHS).map((pathOf) => pathOf(data));
  const all = (await routes()).filter((route) => !NO_PAGES.some((pattern) => pattern.test(route)));
  expect(all.filter((route) => !paths.some((path) => isOf(route, path)))).toEqual([]);
});
