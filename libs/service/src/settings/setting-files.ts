import { readFileSync } from 'node:fs';
import { outputOfSync, parseCommand } from './secret-command.js';

/** Settings that a command can print. */
const COMMANDS = { SECRETS_KEY: 'SECRETS_KEY_COMMAND' } as const;

/** The settings of a process as texts, and an error per setting whose source cannot be read. */
export interface GivenSettings {
  given: Record<string, string>;
  /** The faults by the name of the setting; none contains the content of a setting. */
  faults: Map<string, string>;
}

/**
 * Reads settings from the environment, where an empty variable counts as unset. `NAME_FILE` is the path of a file with the
 * value of NAME, unless it is a setting of its own; one newline at the end of the file is removed. SECRETS_KEY_COMMAND is a
 * command that prints SECRETS_KEY. A setting given twice is an error.
 * @param names of all settings.
 */
export function readSettingFiles(environment: NodeJS.ProcessEnv, names: readonly string[]): GivenSettings {
  const given = Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => (entry[1] ?? '') !== ''),
  );
  const faults = new Map<string, string>();
  const isSetting = new Set(names);
  for (const name of names) {
    const sources = sourcesOf(name).filter((source) => source in given && !isSetting.has(source));
    const [source] = sources;
    if (source === undefined) continue;
    const all = name in given ? [name, ...sources] : sources;
    if (all.length > 1) {
      faults.set(name, `${name}: only one of ${all.join(', ')} may be set`);
      continue;
    }
    try {
      given[name] = valueFrom(source, given[source] ?? '');
    } catch (error) {
      faults.set(name, `${source}: ${(error as Error).message}`);
    }
  }
  return { given, faults };
}

function sourcesOf(name: string): string[] {
  return [`${name}_FILE`, ...(name in COMMANDS ? [COMMANDS[name as keyof typeof COMMANDS]] : [])];
}

function valueFrom(source: string, text: string): string {
  const value = source.endsWith('_FILE') ? readSecretFile(text) : printedBy(text);
  if (value === '') throw new Error('the value is empty');
  return value;
}

function printedBy(text: string): string {
  const command = parseCommand(text);
  if (command === undefined) throw new Error('must be a JSON array of texts, as in ["program","argument"]');
  return withoutNewline(outputOfSync(command));
}

/** The content of a file without one newline at its end. Errors contain the path, never the content. */
export function readSecretFile(path: string): string {
  try {
    return withoutNewline(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`cannot read ${path} (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Why a file cannot be used as a password; undefined if it can. */
export function faultOfPasswordFile(path: string): string | undefined {
  try {
    return readSecretFile(path) === '' ? 'the password is empty' : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * The JWT or API key in the text of a file, without whitespace at its ends. Throws if it cannot be a header's value: gRPC's own error
 * would contain it.
 */
export function tokenIn(text: string): string {
  const token = text.trim();
  if (/^[!-~]+$/.test(token)) return token;
  throw new Error('must be one JWT or API key: printable ASCII without spaces and line breaks');
}

/** The same of a file. Errors contain the path, never the content. */
export function readTokenFile(path: string): string {
  return tokenIn(readSecretFile(path));
}

/** One trailing newline removed. */
export function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}
