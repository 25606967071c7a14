import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { readConfig, tokenFrom } from '@wxa/service';
import { z } from 'zod';
import { mainOf, runNode } from '../programs.js';
import { useFolder } from '../use-folder.js';
import { CLI } from '../wxa.js';

const GATEWAY = mainOf('gateway');
const KEY = Buffer.alloc(32, 7).toString('base64');
const SINCE = '2026-01-01T00:00:00Z';
const SCHEMA = z.object({ NAME: z.string(), SECRETS_KEY: z.string().optional() });

const folder = useFolder();

async function fileOf(content: string): Promise<string> {
  const path = join(folder, `${Math.random()}`);
  await writeFile(path, content);
  return path;
}

async function run(args: string[], env: Record<string, string>) {
  const { code, stdout, stderr } = await runNode(args, env);
  return { code, out: stdout + stderr };
}

it.each([
  ['a value', 'value', 'value'],
  ['one newline at the end', 'value\n', 'value'],
  ['a Windows newline at the end', 'value\r\n', 'value'],
  ['two newlines at the end', 'value\n\n', 'value\n'],
])(
  'A setting has the content of its file, without one trailing newline: %s',
  async (_name, content, value) => {
    expect(readConfig(SCHEMA, { NAME_FILE: await fileOf(content) })).toEqual({ NAME: value });
  },
);

it('An empty file is an error and not an unset setting', async () => {
  const path = await fileOf('\n');
  const read = () => readConfig(SCHEMA, { NAME: 'n', SECRETS_KEY_FILE: path });
  expect(read).toThrow('SECRETS_KEY_FILE: the value is empty');
});

it('SECRETS_KEY_COMMAND gives the key that the command prints', () => {
  const command = JSON.stringify([process.execPath, '-e', `console.log(${JSON.stringify(KEY)})`]);
  const settings = readConfig(SCHEMA, { NAME: 'n', SECRETS_KEY_COMMAND: command });
  expect(settings).toEqual({ NAME: 'n', SECRETS_KEY: KEY });
});

it.each([
  [['-e', `console.log('secret-1'); console.error('secret-2'); process.exit(3)`], 'exit code 3'],
  [['--no-such-option-of-node'], 'exit code 9'],
])('A failed SECRETS_KEY_COMMAND is reported by its exit code and without its output: %j', (args, reason) => {
  const env = { NAME: 'n', SECRETS_KEY_COMMAND: JSON.stringify([process.execPath, ...args]) };
  const error = new Error(`SECRETS_KEY_COMMAND: the command failed with ${reason}`);
  expect(() => readConfig(SCHEMA, env)).toThrow(error);
});

it('A command that prints a secret is killed after 10 s, and the error names its setting', async () => {
  const [tokens, keys] = [join(folder, 'tokens.pid'), join(folder, 'keys.pid')];
  const slow = (pid: string) => ['/bin/sh', '-c', 'echo $$ > "$0"; exec sleep 600', pid] as const;
  const since = performance.now();
  const error = new Error('KAFKA_SASL_TOKEN_COMMAND: the command took longer than 10 s');
  const token = expect(tokenFrom([...slow(tokens)])()).rejects.toThrow(error);
  const checked = run([GATEWAY, '--check'], { SECRETS_KEY_COMMAND: JSON.stringify(slow(keys)) });
  await token;
  expect(performance.now() - since).toBeGreaterThanOrEqual(9_900);
  const out = expect.stringContaining('SECRETS_KEY_COMMAND: the command took longer than 10 s');
  expect(await checked).toEqual({ code: 78, out });
  for (const file of [tokens, keys]) {
    const pid = Number(await readFile(file, 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  }
});

it('The gateway takes all its secrets from files, and --check reports a file with an invalid value without it', async () => {
  const env = {
    DATABASE_URL_FILE: await fileOf('postgres://u:p@h/d\n'),
    KAFKA_BROKERS: 'h:9092',
    WECHAT_CALLBACK_TOKEN_FILE: await fileOf('token\n'),
    WECHAT_ENCODING_AES_KEY_FILE: await fileOf(`${'a'.repeat(43)}\n`),
    WECHAT_COMPONENT_APPID: 'wxcomponent',
    SECRETS_KEY_FILE: await fileOf(`${KEY}\n`),
  };
  expect(await run([GATEWAY, '--check'], env)).toEqual({ code: 0, out: '' });
  const invalid = { ...env, WECHAT_ENCODING_AES_KEY_FILE: await fileOf('not-a-key') };
  const error = 'WECHAT_ENCODING_AES_KEY: must be 43 base64 characters';
  expect(await run([GATEWAY, '--check'], invalid)).toEqual({ code: 78, out: `${error}\n` });
  const started = await run([GATEWAY], invalid);
  expect(started.code).toBe(78);
  expect(JSON.parse(started.out)).toMatchObject({ msg: 'configuration invalid', errors: [error] });
  expect(started.out).not.toContain('not-a-key');
});

it('The simulator reads its settings from files too and reports their errors together', async () => {
  const env = {
    SIM_ADDR_FILE: await fileOf('nowhere\n'),
    SIM_STATE_FILE: '/state.json',
    WECHAT_CALLBACK_TOKEN_FILE: '/no/such/file',
  };
  expect(await run([mainOf('wechat-sim')], env)).toEqual({
    code: 78,
    out: 'WECHAT_CALLBACK_TOKEN_FILE: cannot read /no/such/file (ENOENT)\nSIM_ADDR: must be host:port\n',
  });
});

it.each([
  ['migrate'],
  ['quota', 'list'],
  ['secrets', 'rotate'],
  ['dlq', 'list'],
  ['republish', '--since', SINCE],
  ['restore', '--since', SINCE],
])('wxa %s %s reads its settings from files too and exits with 78 if one cannot be read', async (...args) => {
  const env = { DATABASE_URL_FILE: '/no/such/file', KAFKA_BROKERS_FILE: '/no/such/file' };
  const out = expect.stringContaining('_FILE: cannot read /no/such/file (ENOENT)');
  expect(await run([CLI, ...args.filter((arg) => arg !== undefined)], env)).toEqual({ code: 78, out });
});
