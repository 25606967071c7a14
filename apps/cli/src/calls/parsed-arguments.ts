import { parseArgs } from 'node:util';
import { UsageError } from '../exit-codes.js';
import type { Options } from './call.js';

export type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

/**
 * The values of a command line. Throws UsageError.
 * @param argument the option whose value is given without its name; it is required.
 */
export function parsedArguments(options: Options, args: string[], argument?: string): Values {
  const { values, positionals } = parsed(options, args);
  if (argument === undefined) {
    if (positionals[0] !== undefined) throw new UsageError(`unexpected argument: ${positionals[0]}`);
    return values;
  }
  const [value = values[argument], ...rest] = positionals;
  if (value === undefined) throw new UsageError(`${argument.toUpperCase()} is missing`);
  if (rest[0] !== undefined) throw new UsageError(`unexpected argument: ${rest[0]}`);
  return { ...values, [argument]: value };
}

function parsed(options: Options, args: string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
