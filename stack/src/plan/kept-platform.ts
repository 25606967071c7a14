import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../processes/stack-error.js';
import { madeUpPlatform } from './stack-env.js';

export const PLATFORM_FILE = 'platform.json';

/**
 * The generated credentials that belong to the data in a folder: secrets encrypted with their SECRETS_KEY
 * cannot be decrypted with another one. Created at the first start and readable by their owner only; new ones
 * each time without a folder.
 */
export async function keptPlatform(dataDir: string | undefined): Promise<Record<string, string>> {
  if (dataDir === undefined) return madeUpPlatform();
  const path = join(dataDir, PLATFORM_FILE);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) {
    const made = madeUpPlatform();
    await writeFile(path, JSON.stringify(made), { mode: 0o600, flag: 'wx' });
    return made;
  }
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    throw new StackError(`${path} is damaged: put it back, or begin anew with npm start -- --fresh.`);
  }
}
