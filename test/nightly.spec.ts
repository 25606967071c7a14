import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { COMMANDS, FOLDERS } from './nightly.js';

const ROOT = join(import.meta.dirname, '..');

it('Each nightly folder has specs, and the code that the folders and commands check exists', () => {
  const empty = Object.keys(FOLDERS).filter(
    (name) => globSync(`test/${name}/*.spec.ts`, { cwd: ROOT }).length === 0,
  );
  const code = [...Object.values(FOLDERS), ...Object.values(COMMANDS).map((command) => command.code)].flat();
  expect([empty, code.filter((path) => !existsSync(join(ROOT, path)))]).toEqual([[], []]);
});
