import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { FAULTS } from './faults.js';
import { FOLDERS } from './nightly.js';

const ROOT = join(import.meta.dirname, '..');

it.each(FAULTS)(
  'The text that plants this fault occurs once, and its spec exists: $is',
  ({ file, from, spec }) => {
    expect(readFileSync(join(ROOT, file), 'utf8').split(from)).toHaveLength(2);
    expect(existsSync(join(ROOT, spec))).toBe(true);
  },
);

it('A fault that only a nightly folder catches is in code for which CI runs that folder', () => {
  const folderOf = (spec: string) => FOLDERS[spec.split('/')[1] ?? ''];
  const missed = FAULTS.filter(
    ({ file, spec }) => !(folderOf(spec)?.some((code) => file.startsWith(code)) ?? true),
  );
  expect(missed).toEqual([]);
});
