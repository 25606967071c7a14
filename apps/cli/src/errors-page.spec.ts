import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CATEGORY_CODES } from '@wxa/contracts';
import { describeErrcode, knownErrcodes } from '@wxa/wxa-client';
import { errorsPage } from './errors-page.js';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

describe('docs/errors.md', () => {
  it('docs/errors.md is the output of `npm run errors:page`', () => {
    expect(page).toBe(errorsPage());
  });

  it('docs/errors.md has a row of six cells with hint and text for every errcode', () => {
    for (const { errcode, reason, hint, text } of knownErrcodes.map(describeErrcode)) {
      const row = page.split('\n').find((line) => line.startsWith(`| ${errcode} | \`${reason}\` |`));
      expect(row?.split(' | ')).toHaveLength(6);
      expect(row).toContain(` | ${hint} | ${text} |`);
    }
  });

  it('docs/errors.md has a row for every category', () => {
    for (const category of Object.keys(CATEGORY_CODES)) expect(page).toMatch(`| \`${category}\` | \``);
  });
});
