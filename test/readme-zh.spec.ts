import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const english = read('README.md');
const chinese = read('README.zh-CN.md');

/** The links between the two pages. */
const EACH_OTHER = new Set(['README.md', 'README.zh-CN.md']);
const BLOCK = /```(\w+)\n([\s\S]*?)```/g;

/** The text without code blocks, in which `#` is a comment and not a heading. */
const prose = (page: string) => page.replace(BLOCK, '');
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);
const headings = (page: string) => matches(prose(page), /^(#+) /gm);
const links = (page: string) => matches(page, /\]\(([^)]+)\)/g).filter((link) => !EACH_OTHER.has(link));
const code = (page: string) => matches(prose(page), /`([^`]+)`/g);
const rows = (page: string) => matches(prose(page), /^(\|)/gm).length;
const items = (page: string) => matches(prose(page), /^(- )/gm).length;
/** Code blocks without comments, which are translated. */
const blocks = (page: string) =>
  [...page.matchAll(BLOCK)].map(([, language, text = '']) => [
    language,
    text.replace(/ *(#|\/\/) .*$/gm, ''),
  ]);

describe('README.zh-CN.md', () => {
  it('README.zh-CN.md has the sections, tables and list items of README.md', () => {
    expect(headings(chinese)).toEqual(headings(english));
    expect(rows(chinese)).toBe(rows(english));
    expect(items(chinese)).toBe(items(english));
  });

  it('README.zh-CN.md has the code blocks of README.md, comments aside', () => {
    expect(blocks(chinese)).toEqual(blocks(english));
  });

  it('README.zh-CN.md has every command, name and link of README.md, in the order of its sections', () => {
    const sections = (page: string) => page.split(/^## /m);
    const sorted = (of: (page: string) => string[]) => (page: string) =>
      sections(page).map((each) => of(each).sort());
    expect(sorted(links)(chinese)).toEqual(sorted(links)(english));
    expect(sorted(code)(chinese)).toEqual(sorted(code)(english));
  });

  it('The two pages link to each other', () => {
    expect(english).toContain('](README.zh-CN.md)');
    expect(chinese).toContain('](README.md)');
  });
});
