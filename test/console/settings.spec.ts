import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { consoleSettings } from '@wxa/console';
import { ConfigError, readConfig } from '@wxa/service';
import { useFolder } from '../use-folder.js';

const SECRET = Buffer.alloc(32).toString('base64');
const folder = useFolder();
const users = join(folder, 'users.json');
beforeAll(() => writeFile(users, '{"users": []}'));

/** The errors of the settings of a console. */
function check(env: Record<string, string>): string[] {
  try {
    readConfig(consoleSettings, env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

it('A console without settings names those that are required', async () => {
  expect(check({})).toEqual([
    'CONSOLE_SECRET: required: 32 bytes in base64',
    'CONSOLE_USERS_FILE: required without OIDC_ISSUER: a file of users, written by wxa users',
  ]);
});

it('All errors are reported together, none with the value of a setting', async () => {
  const invalid = join(folder, 'invalid.json');
  await writeFile(invalid, 'hunter2');
  const errors = check({
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
  expect(errors.join('\n')).not.toContain('hunter2');
  expect(errors.map((line) => line.split(': ')[0]).sort()).toEqual([
    ...['CONSOLE_PUBLIC_URL', 'CONSOLE_PUBLIC_URL', 'CONSOLE_SECRET', 'CONSOLE_SECRET_PREVIOUS'],
    ...['CONSOLE_USERS_FILE', 'GATEWAY_API_KEY_FILE', 'GATEWAY_TLS_CA_FILE', 'GATEWAY_TLS_CERT_FILE'],
    ...['OIDC_CLIENT_ID', 'OIDC_ISSUER', 'OIDC_ROLE_CLAIM'],
  ]);
});

it.each(['hunter2\nhunter3', 'hunter2é', '\n'])(
  'An API key file with the text %j is refused, also of a scope, without its content',
  async (text) => {
    const [key, scopes] = [join(folder, 'key'), join(folder, 'scopes.json')];
    await writeFile(key, text);
    await writeFile(scopes, JSON.stringify({ scopes: { food: { apiKeyFile: key } } }));
    const env = { CONSOLE_USERS_FILE: users, CONSOLE_SECRET: SECRET };
    const errors = check({ ...env, GATEWAY_API_KEY_FILE: key, CONSOLE_SCOPES_FILE: scopes });
    expect(errors.map((line) => line.split(': ')[0])).toEqual([
      'GATEWAY_API_KEY_FILE',
      'CONSOLE_SCOPES_FILE',
    ]);
    expect(errors.join()).not.toContain('hunter');
  },
);

it('A users file or an issuer is enough, and a URL of this machine may be http', async () => {
  const valid: Record<string, string>[] = [
    { CONSOLE_USERS_FILE: users, CONSOLE_ADDR: '0.0.0.0:8082', CONSOLE_PUBLIC_URL: 'http://localhost:8082' },
    { OIDC_ISSUER: 'https://id.example.com/', OIDC_CLIENT_ID: 'console', OIDC_ROLE_CLAIM: 'role' },
  ];
  for (const env of valid) expect(check({ ...env, CONSOLE_SECRET: SECRET })).toEqual([]);
  const errors = check({ CONSOLE_USERS_FILE: users, CONSOLE_SECRET: SECRET, CONSOLE_ADDR: '0.0.0.0:8082' });
  expect(errors).toEqual(['CONSOLE_PUBLIC_URL: required unless CONSOLE_ADDR is a loopback address']);
});

it('The secret of docker-compose.yml is refused with the real WeChat, and by browsers of other machines', async () => {
  const compose = await readFile(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
  const [, secret = ''] = /CONSOLE_SECRET: (\S+)/.exec(compose) ?? [];
  const env = { CONSOLE_USERS_FILE: users, CONSOLE_SECRET: secret };
  expect(check(env)).toEqual([]);
  const known = expect.stringMatching(/^CONSOLE_SECRET: everybody knows this value/);
  expect(check({ ...env, WECHAT_API_URL: 'https://api.weixin.qq.com' })).toEqual([known]);
  expect(check({ ...env, CONSOLE_PUBLIC_URL: 'https://console.example.com' })).toEqual([known]);
});

it('docs/configuration.md explains the settings of the console, and no others', async () => {
  const page = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith('Console')) ?? '';
  const cells = section.match(/^\| `[^|]+\|/gm) ?? [];
  const explained = cells.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name));
  expect(explained.sort()).toEqual(Object.keys(consoleSettings.shape).sort());
});
