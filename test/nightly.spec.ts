import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { COMMANDS, FOLDERS } from './nightly.js';

const ROOT = join(import.meta.dirname, '..');

it.each(Object.entries(FOLDERS))(
  'The nightly folder %s has specs, and the code that it checks exists',
  (name, code) => {
    expect(
      readdirSync(join(import.meta.dirname, name)).filter((file) => file.endsWith('.spec.ts')),
    ).not.toEqual([]);
    expect(code.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  },
);

it.each(Object.entries(COMMANDS))('The code that the nightly command %s checks exists', (_name, { code }) => {
  expect(code.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
