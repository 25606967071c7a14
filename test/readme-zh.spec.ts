import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

/** Pages with a translation, without `.md`. */
const PAGES = ['README', 'docs/first-release'];

/** Links between a page and its translation. */
const isEachOther = (link: string) =>
  PAGES.some((page) => link.replace('.zh-CN', '') === `${nameOf(page)}.md`);
const nameOf = (page: string) => page.split('/').at(-1);
const BLOCK = /```(\w+)\n([\s\S]*?)```/g;

/** The text without code blocks, in which `#` is a comment and not a heading. */
const prose = (page: string) => page.replace(BLOCK, '');
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);
const headings = (page: string) => matches(prose(page), /^(#+) /gm);
/** A picture may be of the page in its language. */
const links = (page: string) =>
  matches(page.replaceAll('.zh-CN.png', '.png'), /\]\(([^)]+)\)/g).filter((link) => !isEachOther(link));
const code = (page: string) => matches(prose(page), /`([^`]+)`/g);
const rows = (page: string) => matches(prose(page), /^(\|)/gm).length;
const items = (page: string) => matches(prose(page), /^(- )/gm).length;
/** Code blocks without comments, which are translated. */
const blocks = (page: string) =>
  [...page.matchAll(BLOCK)].map(([, language, text = '']) => [
    language,
    text.replace(/ *(#|\/\/) .*$/gm, ''),
  ]);

describe.each(PAGES)('%s.zh-CN.md', (page) => {
  const english = read(`${page}.md`);
  const chinese = read(`${page}.zh-CN.md`);

  it('The translation has the sections, tables and list items of the English page', () => {
    expect(headings(chinese)).toEqual(headings(english));
    expect(rows(chinese)).toBe(rows(english));
    expect(items(chinese)).toBe(items(english));
  });

  it('The translation has the code blocks of the English page, comments aside', () => {
    expect(blocks(chinese)).toEqual(blocks(english));
  });

  it('The translation has every command, name and link of the English page, in the order of its sections', () => {
    const sections = (text: string) => text.split(/^## /m);
    const sorted = (of: (text: string) => string[]) => (text: string) =>
      sections(text).map((each) => of(each).sort());
    expect(sorted(links)(chinese)).toEqual(sorted(links)(english));
    expect(sorted(code)(chinese)).toEqual(sorted(code)(english));
  });

  it('The two pages link to each other', () => {
    expect(english).toContain(`](${nameOf(page)}.zh-CN.md)`);
    expect(chinese).toContain(`](${nameOf(page)}.md)`);
  });
});
