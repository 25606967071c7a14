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
export const showsState = (page: Page, state: string) =>
  part(page, 'bar').locator('.summary .state', { hasText: state }).waitFor({ timeout: 30_000 });

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

/** The layout of a page did not shift since it was loaded. */
export async function expectNoShift(page: Page): Promise<void> {
  expect(await page.evaluate<number>('globalThis.shifts')).toBeLessThan(0.01);
}

/** Waits until a page's main part has a text. */
export const says = (page: Page, text: string) =>
  eventually(async () => expect(await page.locator('main').textContent()).toContain(text));
