import type { HTMLElement } from 'node-html-parser';
import { type Page, textOf } from './visitor.js';

/** The part of a page that has this heading. */
export function part(page: Page, heading: string): HTMLElement {
  const titles = page.html.querySelectorAll('main h2');
  const found = titles.find((title) => textOf(title) === heading)?.parentNode;
  if (!found) throw new Error(`no part "${heading}" on ${page.path}: ${page.text}`);
  return found;
}

/** The text of that part. */
export function textOfPart(page: Page, heading: string): string {
  return textOf(part(page, heading));
}
