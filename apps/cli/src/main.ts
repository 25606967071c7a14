#!/usr/bin/env node
// The command line: `wxa commit …`, `wxa quota list`, …
import '@wxa/service/require-node';
import { EXIT, UsageError } from './exit-codes.js';
import type { Command, Verb } from './verbs/verb.js';
import { verbIn } from './verbs/verbs.js';

/** Programs of the repository, which write its generated pages. */
const PAGES: Record<string, () => Promise<Command>> = {
  'errors-page': () => import('./errors-page.js'),
  'cli-page': () => import('./verbs/cli-page.js'),
};

// An address in WXA_GATEWAY makes Node warn about TLS, which is none of the operator's business.
process.noDeprecation = true;

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Who reads the output has enough, as in `wxa ops list | head`.
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});
process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const isHelp = argv.some((argument) => argument === '--help' || argument === '-h') || argv[0] === 'help';
  const words = argv.filter(
    (argument, i) => argument !== '--help' && argument !== '-h' && (i > 0 || argument !== 'help'),
  );
  const page = PAGES[words[0] ?? ''];
  if (page !== undefined) return (await page()).run([]);
  const found = verbIn(words);
  if (found === undefined) return withoutVerb(words, isHelp);
  if (!isHelp) return run(found);
  const { helpOf } = await help();
  console.log(helpOf(found.name, found.verb));
  return EXIT.ok;
}

/** It reads the contract, which no operator's verb needs. */
function help() {
  return import('./verbs/help.js');
}

async function withoutVerb(words: string[], isHelp: boolean): Promise<number> {
  const { overview, verbsOf } = await help();
  const [first = ''] = words;
  const verbs = verbsOf(first);
  const text = verbs.length === 0 ? overview() : `usage: wxa ${first} ${verbs.join(' | ')}`;
  if (isHelp && (words.length === 0 || verbs.length > 0)) {
    console.log(text);
    return EXIT.ok;
  }
  const isIncomplete = words.length === 0 || (words.length === 1 && verbs.length > 0);
  const problem = isIncomplete
    ? ['no verb', ...words].join(' after ')
    : `unknown verb: ${words.slice(0, 2).join(' ')}`;
  console.error(`${problem}\n${text}`);
  return EXIT.usage;
}

async function run({ name, verb, args }: { name: string; verb: Verb; args: string[] }): Promise<number> {
  try {
    if (!('call' in verb)) return await (await verb.load()).run(argumentsOf(name, args));
    const { runCall } = await import('./calls/run-call.js');
    return await runCall(verb.call, args);
  } catch (error) {
    return reported(error, name, verb);
  }
}

/** A command of several verbs reads the second word itself. */
function argumentsOf(name: string, args: string[]): string[] {
  return [...name.split(' ').slice(1), ...args];
}

async function reported(error: unknown, name: string, verb: Verb): Promise<number> {
  if (error instanceof UsageError) {
    const { usage } = await help();
    console.error(`wxa ${name}: ${error.message}\n${usage(name, verb)}`);
    return EXIT.usage;
  }
  if (error instanceof Error && error.name === 'ConfigError') {
    console.error(error.message);
    return EXIT.config;
  }
  const { explain, isServiceError } = await import('./gateway/failure.js');
  if (!isServiceError(error)) throw error;
  const { lines, code } = explain(error);
  console.error(lines.join('\n'));
  return code;
}
