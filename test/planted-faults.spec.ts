import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { FAULTS, table } from './faults.js';

const ROOT = join(import.meta.dirname, '..');

it.each(FAULTS)(
  'The text that plants this fault occurs once, and its spec exists: $is',
  ({ file, from, spec }) => {
    expect(readFileSync(join(ROOT, file), 'utf8').split(from)).toHaveLength(2);
    expect(existsSync(join(ROOT, spec))).toBe(true);
  },
);

it('docs/decisions/tests.md has the list of the planted faults', () => {
  expect(readFileSync(join(ROOT, 'docs/decisions/tests.md'), 'utf8')).toContain(table());
});
