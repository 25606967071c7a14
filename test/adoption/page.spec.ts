import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { errorsOfForwards } from '@wxa/policy';
import { useFolder } from '../use-folder.js';

const folder = useFolder();
const page = readFileSync(new URL('../../docs/adoption.md', import.meta.url), 'utf8');

const blocks = (language: string) =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)```/gm)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text);

it('Each forward file of docs/adoption.md is valid where the tokens come from elsewhere', () => {
  const files = blocks('yaml').filter((text) => text.includes('forwards:'));
  expect(files).toHaveLength(2);
  for (const text of files) {
    const file = join(folder, 'forwards.yaml');
    writeFileSync(file, text);
    expect(errorsOfForwards(file, false)).toEqual([]);
  }
});

it.each([
  ['/wechat/events?timestamp=1&nonce=2', '/wechat/callback?timestamp=1&nonce=2'],
  ['/wechat/wx0123456789abcdef?timestamp=1', '/wechat/callback/wx0123456789abcdef?timestamp=1'],
  ['/wechat/wx0123456789abcdef', '/wechat/callback/wx0123456789abcdef'],
  ['/other/wx0123456789abcdef', ''],
])('nginx copies %s to %j', (asked, expected) => {
  const [nginx = ''] = blocks('nginx');
  const rules = [...nginx.matchAll(/^ {2}~(\S+) (\S+);$/gm)];
  expect(rules).toHaveLength(2);
  const matched = rules
    .map(([, pattern = '', copy = '']) => ({ groups: new RegExp(pattern).exec(asked)?.groups, copy }))
    .find(({ groups }) => groups !== undefined);
  const copied = matched?.copy.replace(/\$(\w+)/, (_, name: string) => matched.groups?.[name] ?? '') ?? '';
  expect(copied).toBe(expected);
});
