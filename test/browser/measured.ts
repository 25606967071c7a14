import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';

/** Bytes of HTML and elements of a page; gzipped bytes of its scripts and style sheets. */
export const LIMITS = { bytes: 60 * 1024, nodes: 1500, scripts: 22 * 1024, styles: 12 * 1024 };

/** What a page costs. */
export interface Cost {
  /** Of the HTML, as it is. */
  bytes: number;
  nodes: number;
}

/** The size of the page that a tab shows. */
export async function costOf(tab: Page, html: string): Promise<Cost> {
  const nodes = await tab.evaluate<number>(`document.querySelectorAll('*').length`);
  return { bytes: Buffer.byteLength(html), nodes };
}

/** The gzipped bytes of the scripts and of the style sheets that a page loads. */
export async function assetBytes(tab: Page): Promise<{ scripts: number; styles: number }> {
  const sizes = async (selector: string, attribute: string) => {
    const paths = await tab.evaluate<string[]>(
      `[...document.querySelectorAll('${selector}')].map((element) => element.getAttribute('${attribute}'))`,
    );
    const bodies = await Promise.all(paths.map(async (path) => (await tab.request.get(path)).body()));
    return bodies.reduce((sum, body) => sum + gzipSync(body).length, 0);
  };
  return { scripts: await sizes('script[src]', 'src'), styles: await sizes('link[rel=stylesheet]', 'href') };
}

/** The middle of some numbers. */
export function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
