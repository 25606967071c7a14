import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import { readable } from './fields.js';

const OPTIONS = { timeout: 10_000, killSignal: 'SIGKILL', maxBuffer: 256 * 1024, encoding: 'utf8' } as const;

/** A command as a JSON array of its program and arguments; it is run without a shell. */
export const secretCommand = readable(
  parseCommand,
  'must be a JSON array of texts, as in ["program","argument"]',
);

/** A parsed command. Undefined for a text that is none. */
export function parseCommand(text: string): [string, ...string[]] | undefined {
  const words = parseJson(text);
  if (!Array.isArray(words) || words.length === 0) return undefined;
  return words.every((word) => typeof word === 'string' && word !== '')
    ? (words as [string, ...string[]])
    : undefined;
}

/** The standard output of a command that takes at most 10 s and exits with 0. Errors contain no output. */
export function outputOfSync([program, ...args]: [string, ...string[]]): string {
  try {
    return execFileSync(program, args, { ...OPTIONS, stdio: ['ignore', 'pipe', 'ignore'] });
  } catch (error) {
    throw new Error(failure(error));
  }
}

/** The same without blocking this process. */
export async function outputOf([program, ...args]: [string, ...string[]]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, OPTIONS)).stdout;
  } catch (error) {
    throw new Error(failure(error));
  }
}

function failure(error: unknown): string {
  const { code, status, signal } = error as { code?: unknown; status?: unknown; signal?: unknown };
  if (code === 'ENOENT' || code === 'EACCES') return `the command cannot be run (${code})`;
  if (code === 'ETIMEDOUT' || signal === 'SIGKILL') return 'the command took longer than 10 s';
  return `the command failed with exit code ${status ?? code}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
