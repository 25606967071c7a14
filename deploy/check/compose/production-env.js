import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newApiKey } from '@wxa/policy';
import { createAuthority } from '@wxa/stack';

/** Of the console, in development. */
const USERS = fileURLToPath(new URL('../../compose/simulator/users.json', import.meta.url));

/** Secrets of production in files, as an operator would write them. */
export async function productionEnv(folder) {
  const secrets = {
    DATABASE_PASSWORD: 'p@ss/w#rd?100%',
    DATABASE_OWNER_PASSWORD: "own'er\\100%",
    SECRETS_KEY: Buffer.alloc(32, 9).toString('base64'),
    WECHAT_CALLBACK_TOKEN: 'token-of-the-check',
    WECHAT_ENCODING_AES_KEY: 'k'.repeat(43),
    WECHAT_COMPONENT_APPSECRET: 'appsecret-of-the-check',
    CONSOLE_SECRET: Buffer.alloc(32, 8).toString('base64'),
  };
  const config = join(folder, 'config');
  await writeConfig(config);
  const env = {
    WECHAT_COMPONENT_APPID: 'wx0000000000000001',
    ...{ CONFIG_DIR: config, CONSOLE_USERS_FILE: '/config/console/users.json' },
    AUTH_POLICY_FILE: '/config/gateway/policy.yaml',
    GRPC_TLS_CERT_FILE: '/config/gateway/gateway.pem',
    GRPC_TLS_KEY_FILE: '/config/gateway/gateway.key',
    ...{ GATEWAY_TLS_CA_FILE: '/config/console/ca.pem', GATEWAY_API_KEY_FILE: '/config/console/key' },
    // Nothing listens there: this check calls no WeChat.
    WECHAT_API_URL: 'https://127.0.0.1:9',
    ...{ COMPOSE_PROFILES: 'servers,console', KAFKA_BROKERS: 'kafka:9092' },
    ...{ DATABASE_HOST: 'postgres', DATABASE_NAME: 'wxa_code' },
    ...{ DATABASE_USER: 'wxa_app', DATABASE_OWNER: 'wxa_owner' },
  };
  for (const [name, value] of Object.entries(secrets)) {
    env[`${name}_FILE`] = join(folder, name);
    await writeFile(env[`${name}_FILE`], `${value}\n`, { mode: 0o644 });
  }
  return env;
}

/** The certificate of the gateway, its policy, and the users and the credential of the console. */
async function writeConfig(config) {
  for (const name of ['shared', 'gateway', 'worker', 'console'])
    await mkdir(join(config, name), { recursive: true });
  await copyFile(USERS, join(config, 'console/users.json'));
  const authority = await createAuthority(join(config, '..', 'authority'));
  const { cert, key } = await authority.issue('gateway', { cn: 'gateway', names: ['DNS:gateway'] });
  await copyFile(cert, join(config, 'gateway/gateway.pem'));
  await copyFile(key, join(config, 'gateway/gateway.key'));
  await chmod(join(config, 'gateway/gateway.key'), 0o644);
  await copyFile(authority.ca, join(config, 'console/ca.pem'));
  const { key: secret, id, sha256 } = newApiKey();
  await writeFile(join(config, 'console/key'), `${secret}\n`);
  const console = {
    name: 'console',
    credentials: [{ apiKey: { id, sha256 } }],
    allow: [{ methods: ['*'], appids: 'all' }],
    mayActFor: true,
  };
  await writeFile(join(config, 'gateway/policy.yaml'), JSON.stringify({ version: 1, callers: [console] }));
}
