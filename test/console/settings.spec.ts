import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { consoleSettings } from '@wxa/console';

const MAIN = fileURLToPath(new URL('../../apps/console/dist/main.js', import.meta.url));
const SECRET = Buffer.alloc(32).toString('base64');
let folder: string;
let users: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxa-console-'));
  users = join(folder, 'users.json');
  await writeFile(users, '{"users": []}');
});
afterAll(() => rm(folder, { recursive: true }));

/** The exit code and errors of the console's pre-flight check. */
async function check(env: Record<string, string>): Promise<{ code: number; errors: string[] }> {
  const child = spawn(process.execPath, [MAIN, '--check'], { env: { ...process.env, ...env } });
  let text = '';
  child.stderr.on('data', (data) => {
    text += data;
  });
  const [code] = await once(child, 'close');
  return { code, errors: text.trim().split('\n') };
}

it('A console without settings ends with 78 and names those that are required', async () => {
  expect(await check({})).toEqual({
    code: 78,
    errors: [
      'CONSOLE_SECRET: required: 32 bytes in base64',
      'CONSOLE_USERS_FILE: required without OIDC_ISSUER: a file of users, written by wxa users',
    ],
  });
});

it('All errors are reported together, none with the value of a setting', async () => {
  const invalid = join(folder, 'invalid.json');
  await writeFile(invalid, 'hunter2');
  const { code, errors } = await check({
    CONSOLE_ADDR: '0.0.0.0:8082',
    CONSOLE_PUBLIC_URL: 'http://console.example.com/path',
    CONSOLE_SECRET: 'hunter2',
    CONSOLE_SECRET_PREVIOUS: 'hunter2',
    CONSOLE_USERS_FILE: invalid,
    GATEWAY_ADDR: 'gateway:50051',
    GATEWAY_API_KEY_FILE: join(folder, 'missing'),
    GATEWAY_TLS_KEY_FILE: invalid,
    OIDC_ISSUER: 'http://id.example.com',
    OIDC_CLIENT_SECRET: 'hunter2',
  });
  expect(code).toBe(78);
  expect(errors.join('\n')).not.toContain('hunter2');
  expect(errors.map((line) => line.split(': ')[0]).sort()).toEqual([
    'CONSOLE_PUBLIC_URL',
    'CONSOLE_PUBLIC_URL',
    'CONSOLE_SECRET',
    'CONSOLE_SECRET_PREVIOUS',
    'CONSOLE_USERS_FILE',
    'GATEWAY_API_KEY_FILE',
    'GATEWAY_TLS_CA_FILE',
    'GATEWAY_TLS_CERT_FILE',
    'OIDC_CLIENT_ID',
    'OIDC_ISSUER',
    'OIDC_ROLE_CLAIM',
  ]);
});

it('A users file or an issuer is enough, and a URL of this machine may be http', async () => {
  const valid: Record<string, string>[] = [
    { CONSOLE_USERS_FILE: users, CONSOLE_ADDR: '0.0.0.0:8082', CONSOLE_PUBLIC_URL: 'http://localhost:8082' },
    { OIDC_ISSUER: 'https://id.example.com/', OIDC_CLIENT_ID: 'console', OIDC_ROLE_CLAIM: 'role' },
  ];
  for (const env of valid)
    expect(await check({ ...env, CONSOLE_SECRET: SECRET })).toEqual({ code: 0, errors: [''] });
  const { errors } = await check({
    CONSOLE_USERS_FILE: users,
    CONSOLE_SECRET: SECRET,
    CONSOLE_ADDR: '0.0.0.0:8082',
  });
  expect(errors).toEqual(['CONSOLE_PUBLIC_URL: required unless CONSOLE_ADDR is a loopback address']);
});

it('The secret of docker-compose.yml is refused with the real WeChat, and by browsers of other machines', async () => {
  const compose = await readFile(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
  const [, secret = ''] = /CONSOLE_SECRET: (\S+)/.exec(compose) ?? [];
  const env = { CONSOLE_USERS_FILE: users, CONSOLE_SECRET: secret };
  expect((await check(env)).code).toBe(0);
  const refused: Record<string, string>[] = [
    { WECHAT_API_URL: 'https://api.weixin.qq.com' },
    { CONSOLE_PUBLIC_URL: 'https://console.example.com' },
  ];
  for (const more of refused)
    expect(await check({ ...env, ...more })).toEqual({
      code: 78,
      errors: [expect.stringMatching(/^CONSOLE_SECRET: everybody knows this value/)],
    });
});

it('docs/configuration.md explains the settings of the console, and no others', async () => {
  const page = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith('Console')) ?? '';
  const cells = section.match(/^\| `[^|]+\|/gm) ?? [];
  const explained = cells.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name));
  expect(explained.sort()).toEqual(Object.keys(consoleSettings.shape).sort());
});
