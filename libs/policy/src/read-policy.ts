import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parsePolicy, setFilesOf } from './parse-policy.js';
import type { Policy } from './policy.js';
import type { PolicyError } from './policy-document.js';

const MAX_BYTES = 8 * 1024 * 1024;

/** The result of reading a policy file: all errors, or the policy. */
export interface ReadPolicy {
  policy?: Policy;
  errors: PolicyError[];
  /** The content of all files read, which changes if and only if one of them does. */
  content: string;
}

/**
 * Reads a policy file and its files of appids, each at most 8 MiB. Files that cannot be read are errors as well.
 * @param componentAppid the platform's own appid, for sets with `component: true`.
 */
export async function readPolicy(path: string, componentAppid?: string): Promise<ReadPolicy> {
  const file = await readText(path);
  if ('error' in file)
    return {
      errors: [{ file: path, line: 1, message: `cannot be read: ${file.error}` }],
      content: file.error,
    };
  const names = setFilesOf(file.text);
  const texts = await Promise.all(names.map((name) => readText(resolve(dirname(path), name))));
  const setFiles = new Map(names.map((name, i) => [name, texts[i] ?? { error: 'not found' }]));
  const parsed = parsePolicy(file.text, { file: path, componentAppid, setFiles });
  return { ...parsed, content: JSON.stringify([file.text, ...texts]) };
}

async function readText(path: string): Promise<{ text: string } | { error: string }> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    if (size > MAX_BYTES) return { error: `larger than ${MAX_BYTES} bytes` };
    return { text: await file.readFile('utf8') };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
