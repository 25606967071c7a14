import { MissingKeyError, readSecretsKey, rotateSecrets, Secrets } from '@wxa/authorizers';
import { readable, readConfig, withCrossChecks } from '@wxa/service/settings';
import type pg from 'pg';
import { z } from 'zod';
import { databaseCommand, withDatabase } from './database.js';
import { EXIT, exitWith } from './exit-codes.js';
import { print } from './output/print.js';
import { recording } from './recording.js';

const settings = withCrossChecks(
  z.object({
    ...databaseCommand.shape,
    SECRETS_KEY: secretsKey('required: the new key, 32 bytes in base64'),
    SECRETS_KEY_PREVIOUS: secretsKey('required: the old key, 32 bytes in base64'),
  }),
);

/** `wxa secrets rotate`: re-encrypts with SECRETS_KEY what is encrypted with SECRETS_KEY_PREVIOUS. */
export async function rotate({ json = false }: { json?: boolean }): Promise<number> {
  const config = readConfig(settings, process.env);
  const secrets = new Secrets(config.SECRETS_KEY, config.SECRETS_KEY_PREVIOUS);
  await withDatabase(config, 'secrets', (pool) => rotateAll(pool, secrets, json));
  return EXIT.ok;
}

function secretsKey(missing: string) {
  return readable(readSecretsKey, 'must be 32 bytes in base64', missing);
}

async function rotateAll(pool: pg.Pool, secrets: Secrets, json: boolean): Promise<void> {
  await rotateSecrets(pool, secrets, recording(), (table, done, of) => {
    if (!json) console.log(`${table}: ${done} of ${of}`);
  }).catch((error: unknown) => {
    if (error instanceof MissingKeyError) exitWith(error.message, EXIT.config);
    throw error;
  });
  print(
    json,
    { keyId: secrets.keyId },
    `all secrets are encrypted with key id ${secrets.keyId}; SECRETS_KEY_PREVIOUS is no longer needed`,
  );
}
