import { expect } from '@jest/globals';
import * as jsqr from 'jsqr';
import type { Locator, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { eventually } from '../eventually.js';

/** jsqr is CommonJS and sets `exports.default`: Node imports that under a second `default`. */
const { default: decode } = jsqr.default as unknown as { default: typeof import('jsqr').default };
const MAX_TABS = 80;

export const pathOf = (page: Page) => new URL(page.url()).pathname;

/** The text that a live page shows in one of its parts. */
export const part = (page: Page, name: string): Locator => page.locator(`[sse-swap="${name}"]`);

/** Waits until the page of a rollout shows this state. */
export const showsState = (page: Page, state: string, timeout = 30_000) =>
  part(page, 'bar').locator('.summary .state', { hasText: state }).waitFor({ timeout });

/** Waits until the page of a rollout counts its targets like this, as in `成功 3`. */
export const counts = (page: Page, text: string) =>
  part(page, 'bar').locator('.counts').getByText(text, { exact: true }).waitFor({ timeout: 30_000 });

/** Waits until a live page is connected, or not. */
export const isLive = (page: Page, is: 'on' | 'off' | 'stopped' | 'ended' = 'on') =>
  page.locator(`body[data-live="${is}"]`).waitFor();

/** Presses Tab until an element with this text, or of this CSS selector, has the focus. */
export async function tabTo(page: Page, text: string): Promise<void> {
  const isThere = `(() => {
    const { activeElement: at } = document;
    const text = ${JSON.stringify(text)};
    return at !== null && (at.textContent.trim().startsWith(text) || (/^[a-z ]*\\[/.test(text) && at.matches(text)));
  })()`;
  for (let i = 0; i < MAX_TABS; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate<boolean>(isThere)) return;
  }
  throw new Error(`Tab does not reach "${text}" on ${page.url()}`);
}

/** The text of the QR code that an element shows. */
export async function qrCodeOf(image: Locator): Promise<string | undefined> {
  const { data, width, height } = PNG.sync.read(await image.screenshot());
  return decode(new Uint8ClampedArray(data), width, height)?.data;
}

/** The text of an element with single spaces. */
export const textOf = async (element: Locator) =>
  (await element.textContent())?.replace(/\s+/g, ' ').trim() ?? '';

/** Waits until a page's main part has a text. */
export const says = (page: Page, text: string) =>
  eventually(async () => expect(await page.locator('main').textContent()).toContain(text));

/** Fills the fields of the page's form, by name, and submits it. */
export async function submit(page: Page, fields: Record<string, string> = {}): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.fill(`main [name="${name}"]`, value);
  await page.locator('main button[type=submit]').first().click();
}

/** Opens a live page. The result throws if the page was loaded again or its layout has shifted since. */
export async function watch(page: Page, path: string): Promise<() => Promise<void>> {
  if (pathOf(page) !== path) await page.goto(path);
  await page.evaluate('globalThis.isFirstLoad = true');
  return async () => {
    expect(await page.evaluate('globalThis.isFirstLoad')).toBe(true);
    expect(await page.evaluate<number>('globalThis.shifts')).toBeLessThan(0.01);
  };
}
