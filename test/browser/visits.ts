import { expect } from '@jest/globals';
import * as jsqr from 'jsqr';
import type { Locator, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { eventually } from '../eventually.js';

/** jsqr is CommonJS and sets `exports.default`: Node imports that under a second `default`. */
const { default: decode } = jsqr.default as unknown as { default: typeof import('jsqr').default };

export const pathOf = (page: Page) => new URL(page.url()).pathname;

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

/** How often somebody clicks to do something. It may lead to other pages of the application, but loads none again. */
export async function clicksOf(page: Page, act: () => Promise<unknown>): Promise<number> {
  const clicks = () => page.evaluate<number>('globalThis.clicks');
  const before = await clicks();
  await act();
  return (await clicks()) - before;
}
