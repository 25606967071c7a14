import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { shownFully } from './open.js';
import type { Sight } from './tabs.js';

const PICTURES = join(import.meta.dirname, '../../.stack/screenshots');

/** In which languages, colours and widths each page of the application is looked at. */
export const LOOKS = [
  { language: 'zh', colors: 'light', width: 1280 },
  { language: 'en', colors: 'dark', width: 1280 },
  { language: 'zh', colors: 'dark', width: 390 },
  { language: 'en', colors: 'light', width: 390 },
] as const satisfies Sight[];

/**
 * What is wrong with how a page looks: violations of axe with their elements, a width over that of the window, English on a Chinese page.
 * Takes a picture of it too.
 */
export async function lookFaults(
  page: Page,
  name: string,
  /** Of axe, that do not apply. */
  withoutRules: string[] = [],
): Promise<string[]> {
  await mkdir(PICTURES, { recursive: true });
  await shownFully(page);
  const [language, colors, width] = await page.evaluate<[string, boolean, number]>(
    `[document.documentElement.lang, matchMedia('(prefers-color-scheme: dark)').matches, innerWidth]`,
  );
  const file = `${name}-${language}-${colors ? 'dark' : 'light'}-${width}.png`;
  await page.screenshot({ path: join(PICTURES, file), fullPage: true });
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().disableRules(withoutRules).analyze();
  const tooWide = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  return [
    ...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 300)}`)),
    ...(tooWide > 0 ? [`${tooWide} px too wide`] : []),
    ...(language.startsWith('zh') ? await englishIn(page) : []),
  ];
}

/** English on the page but for codes, commands and the service's own words, which are marked as such. */
async function englishIn(page: Page): Promise<string[]> {
  const text = await page.evaluate<string>(`[...document.querySelectorAll('code, pre, [lang=en]')]
    .reduce((text, { innerText }) => text.replace(innerText, ''), document.body.innerText)`);
  return [...new Set(text.match(/\b[A-Z]?[a-z]{4,}\b(?: [a-z]{2,}\b)+/g) ?? [])];
}
