import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { cliPage } from './cli-page.js';
import { commandOf } from './command.js';
import { helpOf, overview } from './help.js';
import { VERBS, verbIn } from './verbs.js';

const DOCS = new URL('../../../../docs/', import.meta.url);

/** The command lines of the other pages. */
function commandLines(): string[] {
  const pages = readdirSync(DOCS).filter((name) => name.endsWith('.md') && name !== 'cli.md');
  const texts = pages.map((name) => readFileSync(new URL(name, DOCS), 'utf8'));
  return texts.flatMap((text) => [...text.matchAll(/^ *(?:npx )?wxa (.*)$/gm)].map(([, line = '']) => line));
}

const optionsIn = (text: string) => [...text.matchAll(/--[a-z][\w-]*/g)].map(([option]) => option);

it('Every command line names a verb, with options that it has', async () => {
  const lines = commandLines();
  expect(lines.length).toBeGreaterThan(30);
  for (const line of lines) {
    const found = verbIn(line.split(' '));
    const has = found && (await commandOf(found.name, found.verb)).options.map(({ long }) => long);
    expect({ line, has }).toEqual({ line, has: expect.arrayContaining(optionsIn(line)) });
  }
});

it('Every line of a help has at most 80 columns, except an example', async () => {
  const texts = await Promise.all(Object.entries(VERBS).map(([name, verb]) => helpOf(name, verb)));
  const lines = [overview(), ...texts].join('\n').split('\n');
  expect(lines.filter((line) => line.length > 80 && !line.startsWith('example: '))).toEqual([]);
});

describe('docs/cli.md', () => {
  it('docs/cli.md is the output of `npm run docs:cli`', async () => {
    expect(readFileSync(new URL('../../../../docs/cli.md', import.meta.url), 'utf8')).toBe(await cliPage());
  });

  it('Every verb is in the overview and begins its own example', () => {
    for (const [name, { example }] of Object.entries(VERBS)) {
      expect(overview()).toContain(`  ${name} `);
      expect(verbIn([...name.split(' '), example])?.name).toBe(name);
    }
  });
});
