import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackError } from '../processes/stack-error.js';
import { madeUpPlatform } from './stack-env.js';

export const PLATFORM_FILE = 'platform.json';

/**
 * The made-up platform that belongs to the data in a folder: what was stored under its SECRETS_KEY opens under no
 * other. Made at the first start and readable by its owner only; a new one each time where no data is kept.
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
