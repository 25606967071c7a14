// The program behind `npm run secrets:rotate`: seals anew, under SECRETS_KEY, what is under SECRETS_KEY_PREVIOUS.
import { createDataSource, poolOf } from './data-source.js';
import { MissingKeyError, readSecretsKey, Secrets } from './secrets.js';
import { rotateSecrets } from './sql/sealed-columns.js';

const EX_CONFIG = 78;

function fail(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

const url = process.env.DATABASE_URL ?? '';
const key = readSecretsKey(process.env.SECRETS_KEY ?? '');
const previous = readSecretsKey(process.env.SECRETS_KEY_PREVIOUS ?? '');
const faults = [
  url === '' && 'DATABASE_URL: required: the PostgreSQL to use',
  key === undefined && 'SECRETS_KEY: required: the new key, 32 bytes in base64',
  previous === undefined && 'SECRETS_KEY_PREVIOUS: required: the old key, 32 bytes in base64',
].filter((fault) => fault !== false);
if (key === undefined || faults.length > 0) fail(faults.join('\n'), EX_CONFIG);

const dataSource = createDataSource({ url, poolSize: 1, applicationName: 'wxa-code secrets:rotate' });
await dataSource.initialize().catch((error: unknown) => fail(`Postgres: ${String(error)}`, 69));
const secrets = new Secrets(key, previous);
await rotateSecrets(poolOf(dataSource), secrets, (table, done, of) => {
  console.log(`${table}: ${done} of ${of}`);
}).catch((error: unknown) => {
  fail(
    error instanceof Error ? error.message : String(error),
    error instanceof MissingKeyError ? EX_CONFIG : 1,
  );
});
await dataSource.destroy();
console.log(`all secrets are under key id ${secrets.keyId}: SECRETS_KEY_PREVIOUS is no longer needed`);
