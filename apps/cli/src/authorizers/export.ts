import { type FileHandle, open, unlink } from 'node:fs/promises';
import { exportAuthorizers, MissingKeyError, readSecretsKey, Secrets } from '@wxa/authorizers';
import { readable, readConfig, withCrossChecks } from '@wxa/service/settings';
import { z } from 'zod';
import { databaseCommand, withDatabase } from '../database.js';
import { EXIT, exitWith, UsageError } from '../exit-codes.js';
import { counted, print } from '../output/print.js';
import { recording } from '../recording.js';

const MUST = 'must be 32 bytes in base64';
const settings = withCrossChecks(
  z.object({
    ...databaseCommand.shape,
    SECRETS_KEY: readable(readSecretsKey, MUST, 'required: the key of the stored tokens, 32 bytes in base64'),
    SECRETS_KEY_PREVIOUS: readable(readSecretsKey, MUST).optional(),
  }),
);

/** `wxa authorizers export`: writes refresh tokens to a file that did not exist, for its owner only. */
export async function exportAll(path: string, values: { json?: boolean }): Promise<number> {
  const config = readConfig(settings, process.env);
  const secrets = new Secrets(config.SECRETS_KEY, config.SECRETS_KEY_PREVIOUS);
  try {
    const exported = await withDatabase(config, 'authorizers', (pool) =>
      writeNew(path, async (file) => {
        const found = await exportAuthorizers(pool, secrets, recording());
        const lines = found.map(({ appid, refreshToken }) =>
          JSON.stringify({ appid, refresh_token: refreshToken }),
        );
        await file.writeFile(lines.map((line) => `${line}\n`).join(''));
        return found.length;
      }),
    );
    print(values.json, { exported }, `exported: ${counted(exported, 'mini-program')}`);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof MissingKeyError) exitWith(error.message, EXIT.config);
    throw error;
  }
}

/** Writes a new file; after an error there is none, so that the command can be repeated. */
async function writeNew<T>(path: string, write: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'wx', 0o600).catch((error: Error) => {
    throw new UsageError(`FILE: ${error.message}`);
  });
  try {
    const written = await write(file);
    await file.sync();
    return written;
  } catch (error) {
    await unlink(path);
    throw error;
  } finally {
    await file.close();
  }
}
