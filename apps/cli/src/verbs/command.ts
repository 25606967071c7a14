import { Command, CommanderError, Option } from 'commander';
import type { VerbArguments } from '../calls/call.js';
import { UsageError } from '../exit-codes.js';
import { CONNECTION_OPTIONS } from '../gateway/connection-options.js';
import type { Verb } from './verb.js';

/** Columns of the help. */
export const WIDTH = 80;

/** A verb that a command line names, and its words after the name. */
export interface NamedVerb {
  name: string;
  verb: Verb;
  words: string[];
}

/** The parser of a verb's command line, which has its help too. */
export async function commandOf(name: string, verb: Verb): Promise<Command> {
  const { args, usage, required = {}, options = {}, hidden = [] } = await argumentsOf(verb);
  const connection = verb.settings.includes('gateway') ? CONNECTION_OPTIONS : [];
  const command = new Command(`wxa ${name}`)
    .description([verb.summary, verb.details].filter(Boolean).join('\n\n'))
    .helpOption(false)
    .configureHelp({ helpWidth: WIDTH })
    .configureOutput({ outputError: () => undefined })
    .exitOverride();
  for (const [flags, meaning] of Object.entries(required))
    command.addOption(optionOf(flags, meaning).makeOptionMandatory().helpGroup('Required:'));
  for (const [flags, meaning] of Object.entries({ ...options, '--json': '' }))
    command.addOption(optionOf(flags, meaning));
  for (const flags of [...hidden, ...connection]) command.addOption(optionOf(flags, '').hideHelp());
  if (args !== undefined) command.arguments(args);
  return usage === undefined ? command : command.usage(usage);
}

/** Runs a verb. Resolves with the exit code. Rejects with a UsageError, a ConfigError or the error of a call. */
export async function runVerb({ name, verb, words }: NamedVerb): Promise<number> {
  const command = await commandOf(name, verb);
  parse(command, words);
  const values = command.opts();
  if (!('rpc' in verb)) return verb.run(command.args, values as never);
  const { runCall } = await import('../calls/run-call.js');
  return runCall(verb.rpc, command.args, values);
}

/** A call reads the contract, which no other verb needs. */
async function argumentsOf(verb: Verb): Promise<VerbArguments> {
  return 'rpc' in verb ? (await import('../calls/call.js')).argumentsOf(verb.rpc) : verb;
}

function optionOf(flags: string, meaning: string): Option {
  const option = new Option(flags, meaning);
  if (!option.variadic) return option;
  // Each value has the option's name: without it, `label --labels x wx…` would take the appid as a label.
  option.variadic = false;
  return option.argParser((text, before: string[] = []) => [...before, text]);
}

/** Throws a UsageError that names the argument. */
function parse(command: Command, words: string[]): void {
  for (const option of command.options) refuseSlips(command, option, words);
  try {
    command.parse(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) throw new UsageError(error.message.replace(/^error: /, ''));
    throw error;
  }
}

/**
 * Commander takes the last of two values, which may be of another mini-program than the first, and `--dry-run` as the reason in
 * `--reason --dry-run`.
 */
function refuseSlips(command: Command, option: Option, words: string[]): void {
  let times = 0;
  command.on(`option:${option.name()}`, (value?: string) => {
    times += 1;
    if (times > 1 && option.parseArg === undefined)
      throw new UsageError(`${option.long} is given more than once`);
    if (/^-./.test(value ?? '') && !words.includes(`${option.long}=${value}`))
      throw new UsageError(`${option.long} needs a value; one with a dash first is ${option.long}=${value}`);
  });
}
