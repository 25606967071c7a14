import { join } from 'node:path';
import { readOrCreate } from '../processes/folders.js';
import { StackError } from '../processes/stack-error.js';
import { generatePlatform } from './stack-env.js';

export const PLATFORM_FILE = 'platform.json';

/**
 * The generated credentials that belong to the data in a folder: secrets encrypted with their SECRETS_KEY cannot be decrypted
 * with another one. Created at the first start and readable by their owner only; new ones each time without a folder.
 */
export async function storedPlatform(dataDir: string | undefined): Promise<Record<string, string>> {
  if (dataDir === undefined) return generatePlatform();
  const path = join(dataDir, PLATFORM_FILE);
  const text = await readOrCreate(path, () => JSON.stringify(generatePlatform()));
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    throw new StackError(`${path} is damaged; restore it, or start with empty data by npm start -- --fresh.`);
  }
}
