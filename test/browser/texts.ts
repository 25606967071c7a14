import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Language } from './tabs.js';

const TEXTS = join(import.meta.dirname, '../../apps/console/web/dist/text');

/** A text of the application by its key. Throws if there is none. */
export async function textIn(language: Language, key: string): Promise<string> {
  const module = (await import(pathToFileURL(join(TEXTS, language, 'index.js')).href)) as Record<
    Language,
    Record<string, string>
  >;
  const text = module[language][key];
  if (text === undefined) throw new Error(`there is no text ${key}`);
  return text;
}
