import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { loaded, shownFully } from './open.js';
import { HEIGHT, type Sight } from './tabs.js';

const PICTURES = join(import.meta.dirname, '../../.stack/screenshots');
const BY_COLORS = ['color-contrast', 'link-in-text-block'];

type Look = Required<Pick<Sight, 'language' | 'colors' | 'width'>>;

/** All languages, colours and widths in which each page of the application is looked at; each differs in one from the one before. */
export const LOOKS: readonly Look[] = [
  { language: 'en', colors: 'light', width: 390 },
  { language: 'en', colors: 'dark', width: 390 },
  { language: 'en', colors: 'dark', width: 1280 },
  { language: 'en', colors: 'light', width: 1280 },
  { language: 'zh', colors: 'light', width: 1280 },
  { language: 'zh', colors: 'dark', width: 1280 },
  { language: 'zh', colors: 'dark', width: 390 },
  { language: 'zh', colors: 'light', width: 390 },
];

/** The one in which a page is opened: a phone's, because only that has a drawer for the navigation. */
export const FIRST_LOOK = LOOKS[LOOKS.length - 1] as Look;

/**
 * What is wrong with how an open page looks in each language, colours and width. It is loaded only once, and where only the colours differ
 * from before, only what depends on them is looked at.
 * @param withoutRules of axe, that do not apply.
 */
export async function looksFaults(page: Page, name: string, withoutRules: string[] = []): Promise<string[]> {
  const faults: string[] = [];
  let before: Look | undefined;
  for (const look of LOOKS) {
    await show(page, look);
    const isRecolored = before?.language === look.language && before.width === look.width;
    const found = isRecolored
      ? await violations(axeOf(page).withRules(BY_COLORS))
      : await lookFaults(page, name, withoutRules);
    faults.push(...found.map((fault) => `${name}, ${Object.values(look).join(' ')}: ${fault}`));
    before = look;
  }
  return faults;
}

/** Shows an open page in another look. */
async function show(page: Page, { language, colors, width }: Look): Promise<void> {
  await page.setViewportSize({ width, height: HEIGHT });
  await page.emulateMedia({ colorScheme: colors });
  // The button that names the other language; by an event, because a dialog may cover it.
  const other = page.locator(`button[lang=${language}]`);
  if ((await other.count()) > 0) await other.first().dispatchEvent('click');
  const frame = width === 390 ? 'aside' : 'header .anticon-menu';
  await page
    .locator(`html[style*=${colors}]:not(:has(${frame})):not(:has(button[lang=${language}]))`)
    .waitFor({ state: 'attached' });
  await loaded(page);
}

/**
 * What is wrong with how a page looks: violations of axe with their elements, a width over that of the window, a link that is two stops of
 * the keyboard, English on a Chinese page.
 * Takes a picture of it too.
 */
export async function lookFaults(page: Page, name: string, withoutRules: string[] = []): Promise<string[]> {
  await mkdir(PICTURES, { recursive: true });
  await shownFully(page);
  const [language, colors, width, tooWide, twice] = await page.evaluate<
    [string, string, number, number, string[]]
  >(
    `[document.documentElement.lang, document.documentElement.style.colorScheme, innerWidth,
      document.documentElement.scrollWidth - document.documentElement.clientWidth,
      [...document.querySelectorAll('a button')].map(({ innerText }) => innerText)]`,
  );
  const file = `${name}-${language}-${colors}-${width}.jpg`;
  await page.screenshot({ path: join(PICTURES, file), fullPage: true, type: 'jpeg' });
  return [
    ...(await violations(axeOf(page).disableRules(withoutRules))),
    ...(tooWide > 0 ? [`${tooWide} px too wide`] : []),
    ...twice.map((name) => `a button in a link: ${name}`),
    ...(language.startsWith('zh') ? await englishIn(page) : []),
  ];
}

const axeOf = (page: Page) =>
  new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'], preload: false });

async function violations(axe: AxeBuilder): Promise<string[]> {
  const found = await axe.analyze();
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 300)}`));
}

/** English on the page, also in fields and under the mouse, but for codes, commands and the service's own words, which are marked as such. */
async function englishIn(page: Page): Promise<string[]> {
  const text = await page.evaluate<string>(`[
    [...document.querySelectorAll('code, pre, [lang=en]')]
      .reduce((text, { innerText }) => text.replace(innerText, ''), document.body.innerText),
    ...[...document.querySelectorAll('[title], [placeholder], img[alt]')]
      .flatMap(({ title, placeholder = '', alt = '' }) => [title, placeholder, alt]),
  ].join('\\n')`);
  return [...new Set(text.match(/\b[A-Z]?[a-z]{4,}\b(?: [a-z]{2,}\b)+/g) ?? [])];
}
