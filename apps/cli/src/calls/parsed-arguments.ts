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
  const repeated = repeatedOption(options, args);
  if (repeated !== undefined) throw new UsageError(`--${repeated} is given more than once`);
  const extra = parsed.positionals[max];
  if (extra !== undefined) throw new UsageError(`unexpected argument: ${extra}`);
  return parsed;
}

/** parseArgs takes the last one: a command would change another mini-program than the first one says. */
function repeatedOption(options: ParseArgsOptionsConfig, args: string[]): string | undefined {
  const { tokens } = parseArgs({ args, options, allowPositionals: true, tokens: true });
  const names = tokens.flatMap((token) => (token.kind === 'option' ? token.name : []));
  return names.find((name, i) => options[name]?.multiple !== true && names.indexOf(name) !== i);
}

function tryParse<O extends ParseArgsOptionsConfig>(options: O, args: string[]): Parsed<O> {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
