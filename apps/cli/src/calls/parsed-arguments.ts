import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { UsageError } from '../exit-codes.js';

/** The values of a command line, by the names of its options. */
type Parsed<O extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; options: O; allowPositionals: true }>
>;

/**
 * Parses a command line. Throws UsageError, which names the argument.
 * @param max how many arguments without an option's name it may have.
 */
export function parsedArguments<O extends ParseArgsOptionsConfig>(
  options: O,
  args: string[],
  { max }: { max: number } = { max: 0 },
): Parsed<O> {
  const parsed = tryParse(options, args);
  const extra = parsed.positionals[max];
  if (extra !== undefined) throw new UsageError(`unexpected argument: ${extra}`);
  return parsed;
}

function tryParse<O extends ParseArgsOptionsConfig>(options: O, args: string[]): Parsed<O> {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
