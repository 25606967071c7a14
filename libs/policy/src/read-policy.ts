import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { parsePolicy, setFilesOf } from './parse-policy.js';
import type { Policy } from './policy.js';
import type { PolicyError } from './policy-document.js';

const MAX_BYTES = 8 * 1024 * 1024;
const TOO_LARGE = { error: `larger than ${MAX_BYTES} bytes` };

/** A policy file that was read has errors or a policy, never both. */
export interface ReadPolicy {
  policy?: Policy;
  errors: PolicyError[];
  /** The texts of all files read by their names, as a JSON object; it changes if and only if one of them does. */
  files: string;
  /** The text of the policy file; undefined if it cannot be read. */
  text: string | undefined;
  /** The names of its files of appids. */
  names: readonly string[];
}

type Text = { text: string } | { error: string };

/**
 * Reads a policy file and its files of appids, each at most 8 MiB. Files that cannot be read are errors as well.
 * @param componentAppid the platform's own appid, for sets with `component: true`.
 * @param before the last result for this path, which is returned if no text has changed: parsing costs far more than reading.
 */
export async function readPolicy(
  path: string,
  componentAppid?: string,
  before?: ReadPolicy,
): Promise<ReadPolicy> {
  const file = await readText(path);
  const names = before !== undefined && before.text === textOf(file) ? before.names : setFilesIn(file);
  const texts = await Promise.all(names.map((name) => readText(resolve(dirname(path), name))));
  return assemble({ path, file, names, texts, componentAppid, before });
}

/** Like `readPolicy`, for a start that reports all errors of the configuration together. */
export function readPolicySync(path: string, componentAppid?: string): ReadPolicy {
  const file = readTextSync(path);
  const names = setFilesIn(file);
  const texts = names.map((name) => readTextSync(resolve(dirname(path), name)));
  return assemble({ path, file, names, texts, componentAppid });
}

function setFilesIn(file: Text): string[] {
  return 'error' in file ? [] : setFilesOf(file.text);
}

function textOf(file: Text | undefined): string | undefined {
  return file && 'text' in file ? file.text : undefined;
}

function assemble({
  path,
  file,
  names,
  texts,
  componentAppid,
  before,
}: {
  path: string;
  file: Text;
  names: readonly string[];
  texts: Text[];
  componentAppid: string | undefined;
  before?: ReadPolicy | undefined;
}): ReadPolicy {
  const read = [[basename(path), file] as const, ...names.map((name, i) => [name, texts[i]] as const)];
  const files = JSON.stringify(Object.fromEntries(read.map(([name, text]) => [name, textOf(text) ?? text])));
  if (before?.files === files) return before;
  const sources = { files, text: textOf(file), names };
  if ('error' in file)
    return { errors: [{ file: path, line: 1, message: `cannot be read: ${file.error}` }], ...sources };
  const setFiles = new Map(names.map((name, i) => [name, texts[i] ?? { error: 'not found' }]));
  return { ...parsePolicy(file.text, { file: path, componentAppid, setFiles }), ...sources };
}

async function readText(path: string): Promise<Text> {
  try {
    const { size } = await stat(path);
    return size > MAX_BYTES ? TOO_LARGE : { text: await readFile(path, 'utf8') };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

function readTextSync(path: string): Text {
  try {
    return statSync(path).size > MAX_BYTES ? TOO_LARGE : { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
