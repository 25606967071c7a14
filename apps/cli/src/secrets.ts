import {
  createDataSource,
  MissingKeyError,
  poolOf,
  readSecretsKey,
  rotateSecrets,
  Secrets,
} from '@wxa/store';
import { EXIT, fail } from './exit-codes.js';

/** `wxa secrets rotate`: re-encrypts with SECRETS_KEY what is encrypted with SECRETS_KEY_PREVIOUS. */
export async function run([command, ...rest]: string[]): Promise<number> {
  if (command !== 'rotate' || rest.length > 0) fail('usage: npm run secrets:rotate', EXIT.usage);
  const url = process.env.DATABASE_URL ?? '';
  const key = readSecretsKey(process.env.SECRETS_KEY ?? '');
  const previous = readSecretsKey(process.env.SECRETS_KEY_PREVIOUS ?? '');
  const errors = [
    url === '' && 'DATABASE_URL: required: URL of the PostgreSQL database',
    key === undefined && 'SECRETS_KEY: required: the new key, 32 bytes in base64',
    previous === undefined && 'SECRETS_KEY_PREVIOUS: required: the old key, 32 bytes in base64',
  ].filter((error) => error !== false);
  if (key === undefined || errors.length > 0) fail(errors.join('\n'), EXIT.config);
  await rotate(url, new Secrets(key, previous));
  return EXIT.ok;
}

async function rotate(url: string, secrets: Secrets): Promise<void> {
  const dataSource = createDataSource({ url, poolSize: 1, applicationName: 'wxa-code secrets:rotate' });
  await dataSource
    .initialize()
    .catch((error: unknown) => fail(`Postgres: ${String(error)}`, EXIT.unavailable));
  await rotateSecrets(poolOf(dataSource), secrets, (table, done, of) => {
    console.log(`${table}: ${done} of ${of}`);
  }).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    fail(message, error instanceof MissingKeyError ? EXIT.config : 1);
  });
  await dataSource.destroy();
  console.log(
    `all secrets are encrypted with key id ${secrets.keyId}; SECRETS_KEY_PREVIOUS is no longer needed`,
  );
}
