import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { COMMANDS, FOLDERS, LAST_RELEASE } from './nightly.js';

const ROOT = join(import.meta.dirname, '..');

it('Each nightly folder has specs, and the code that the folders and commands check exists', () => {
  const empty = Object.keys(FOLDERS).filter(
    (name) => globSync(`test/${name}/*.spec.ts`, { cwd: ROOT }).length === 0,
  );
  const code = [...Object.values(FOLDERS), ...Object.values(COMMANDS).map((command) => command.code)].flat();
  expect([empty, code.filter((path) => !existsSync(join(ROOT, path)))]).toEqual([[], []]);
});

it('The cost of an operation is compared with that of the last release', () => {
  const page = readFileSync(join(ROOT, 'bench/RESULTS.md'), 'utf8');
  const [, rows = ''] = /## Releases\n([^#]*)/.exec(page) ?? [];
  expect(rows.trim().split('\n').at(-1)).toContain(`| ${LAST_RELEASE} |`);
});
