import { parseArgs } from 'node:util';
import { StackError } from './processes/stack-error.js';

const MOST_WORKERS = 64;
const USAGE = 'Usage: npm start -- [--fresh] [--secure] [--strict] [--workers N]';

export type StartOptions = { fresh: boolean; secure: boolean; strict: boolean; workers: number };

/** Parses what follows `npm start --`. Throws a StackError that names a wrong argument. */
export function readStartOptions(args: readonly string[]): StartOptions {
  const { fresh = false, secure = false, strict = false, workers = '1' } = parse(args);
  const count = Number(workers);
  if (!/^\d+$/.test(workers) || count < 1 || count > MOST_WORKERS) {
    throw new StackError(
      `--workers must be a whole number from 1 to ${MOST_WORKERS}, but is "${workers}". ${USAGE}`,
    );
  }
  return { fresh, secure, strict, workers: count };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      fresh: { type: 'boolean' },
      secure: { type: 'boolean' },
      strict: { type: 'boolean' },
      workers: { type: 'string' },
    } as const;
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new StackError(`${error instanceof Error ? error.message : error}. ${USAGE}`);
  }
}
