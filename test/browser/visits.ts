import * as jsqr from 'jsqr';
import type { Locator, Page } from 'playwright-core';
import { PNG } from 'pngjs';

/** jsqr is CommonJS and sets `exports.default`: Node imports that under a second `default`. */
const { default: decode } = jsqr.default as unknown as { default: typeof import('jsqr').default };

export const pathOf = (page: Page) => new URL(page.url()).pathname;

/** The text of the QR code that an element shows. */
export async function qrCodeOf(image: Locator): Promise<string | undefined> {
  const { data, width, height } = PNG.sync.read(await image.screenshot());
  return decode(new Uint8ClampedArray(data), width, height)?.data;
}

/** How often somebody clicks to do something. It may lead to other pages of the application, but loads none again. */
export async function clicksOf(page: Page, act: () => Promise<unknown>): Promise<number> {
  const clicks = () => page.evaluate<number>('globalThis.clicks');
  const before = await clicks();
  await act();
  return (await clicks()) - before;
}
