import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from '@jest/globals';
import { useFolder } from '../use-folder.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GATEWAY = join(ROOT, 'apps/gateway/dist/main.js');
const SETTINGS = {
  ...{ DATABASE_URL: 'postgres://127.0.0.1/postgres', KAFKA_BROKERS: '127.0.0.1:9092' },
  ...{ WECHAT_CALLBACK_MODE: 'plain', WECHAT_TOKEN_SOURCE: 'endpoint' },
};

const folder = useFolder();
let page: string;
beforeAll(async () => {
  page = await readFile(join(ROOT, 'docs/adoption.md'), 'utf8');
});

const blocks = (language: string) =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)```/gm)]
    .filter(([, name]) => name === language)
    .map(([, , text = '']) => text);

it('A gateway with the token source of its step accepts each forward file of docs/adoption.md', async () => {
  const files = blocks('yaml').filter((text) => text.includes('forwards:'));
  expect(files).toHaveLength(2);
  for (const [i, text] of files.entries()) {
    const file = join(folder, `forwards-${i}.yaml`);
    writeFileSync(file, text);
    const env = { ...process.env, ...SETTINGS, CALLBACK_FORWARD_FILE: file };
    await promisify(execFile)(process.execPath, [GATEWAY, '--check'], { env });
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
