import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { errorsOfForwards } from '@wxa/policy';
import { useFolder } from '../use-folder.js';

const folder = useFolder();
const page = readFileSync(new URL('../../docs/adoption.md', import.meta.url), 'utf8');

it('Each forward file of docs/adoption.md is valid where the tokens come from elsewhere', () => {
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)```/gm)].map(([, text = '']) => text);
  const files = blocks.filter((text) => text.includes('forwards:'));
  expect(files).toHaveLength(2);
  for (const text of files) {
    const file = join(folder, 'forwards.yaml');
    writeFileSync(file, text);
    expect(errorsOfForwards(file, false)).toEqual([]);
  }
});
