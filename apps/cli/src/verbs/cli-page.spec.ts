import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { cliPage } from './cli-page.js';
import { overview } from './help.js';
import { VERBS, verbIn } from './verbs.js';

describe('docs/cli.md', () => {
  it('docs/cli.md is the output of `npm run cli:page`', () => {
    expect(readFileSync(new URL('../../../../docs/cli.md', import.meta.url), 'utf8')).toBe(cliPage());
  });

  it('Every verb is in the overview and begins its own example', () => {
    for (const [name, { example }] of Object.entries(VERBS)) {
      expect(overview()).toContain(`  ${name} `);
      expect(verbIn([...name.split(' '), example])?.name).toBe(name);
    }
  });
});
