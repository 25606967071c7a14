import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeErrcode, knownErrcodes } from '@wxa/wxa-client';
import { errorsPage } from './errors-page.js';
import { CATEGORY_CODES } from './rpc-error-table.js';

const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');

describe('docs/errors.md', () => {
  it('is what `npm run errors:page` writes', () => {
    expect(page).toBe(errorsPage());
  });

  it('has every code with its hint and text, in whole cells', () => {
    for (const { errcode, reason, hint, text } of knownErrcodes.map(describeErrcode)) {
      const row = page.split('\n').find((line) => line.startsWith(`| ${errcode} | \`${reason}\` |`));
      expect(row?.split(' | ')).toHaveLength(6);
      expect(row).toContain(` | ${hint} | ${text} |`);
    }
  });

  it('has every category with its status', () => {
    for (const category of Object.keys(CATEGORY_CODES)) expect(page).toMatch(`| \`${category}\` | \``);
  });
});
