import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { cliPage } from './cli-page.js';
import { overview, usage } from './help.js';
import { VERBS, verbIn } from './verbs.js';

const DOCS = new URL('../../../../docs/', import.meta.url);

/** The command lines of the other pages. */
function commandLines(): string[] {
  const pages = readdirSync(DOCS).filter((name) => name.endsWith('.md') && name !== 'cli.md');
  const texts = pages.map((name) => readFileSync(new URL(name, DOCS), 'utf8'));
  return texts.flatMap((text) => [...text.matchAll(/^ *(?:npx )?wxa (.*)$/gm)].map(([, line = '']) => line));
}

function optionsIn(text: string): string[] {
  return [...text.matchAll(/--[a-z][\w-]*/g)].map(([option]) => option);
}

it('Every command line names a verb, with options that it has', () => {
  const lines = commandLines();
  expect(lines.length).toBeGreaterThan(30);
  const faults = lines.filter((line) => {
    const found = verbIn(line.split(' '));
    const has = new Set(found === undefined ? [] : optionsIn(usage(found.name, found.verb)));
    return found === undefined || optionsIn(line).some((option) => !has.has(option));
  });
  expect(faults).toEqual([]);
});

describe('docs/cli.md', () => {
  it('docs/cli.md is the output of `npm run docs:cli`', () => {
    expect(readFileSync(new URL('../../../../docs/cli.md', import.meta.url), 'utf8')).toBe(cliPage());
  });

  it('Every verb is in the overview and begins its own example', () => {
    for (const [name, { example }] of Object.entries(VERBS)) {
      expect(overview()).toContain(`  ${name} `);
      expect(verbIn([...name.split(' '), example])?.name).toBe(name);
    }
  });
});
