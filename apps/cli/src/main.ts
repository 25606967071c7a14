#!/usr/bin/env node
// The command line: `wxa commit …`, `wxa quota list`, …
import '@wxa/service/require-node';
import { EXIT, UsageError } from './exit-codes.js';
import { type NamedVerb, runVerb } from './verbs/command.js';
import { VERBS, verbIn } from './verbs/verbs.js';

/** Programs of the repository, which write its generated pages. */
const PAGES: Record<string, () => Promise<number>> = {
  'errors-page': async () => (await import('./errors-page.js')).writeErrorsPage(),
  'cli-page': async () => (await import('./verbs/cli-page.js')).writeCliPage(),
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
  if (page !== undefined) return page();
  const found = verbIn(words);
  if (found === undefined) return withoutVerb(words, isHelp);
  if (!isHelp) return runVerb(found).catch((error: unknown) => reported(error, found));
  const { helpOf } = await help();
  console.log(await helpOf(found.name, found.verb));
  return EXIT.ok;
}

/** No verb that runs needs it. */
function help() {
  return import('./verbs/help.js');
}

async function withoutVerb(words: string[], isHelp: boolean): Promise<number> {
  const { overview } = await help();
  const [first = ''] = words;
  const isBeginning = Object.keys(VERBS).some((name) => name.startsWith(`${first} `));
  const text = overview(isBeginning ? first : undefined);
  if (isHelp && (words.length === 0 || isBeginning)) {
    console.log(text);
    return EXIT.ok;
  }
  const isIncomplete = words.length === 0 || (words.length === 1 && isBeginning);
  const problem = isIncomplete
    ? ['no verb', ...words].join(' after ')
    : `unknown verb: ${words.slice(0, 2).join(' ')}`;
  console.error(`${problem}\n${text}`);
  return EXIT.usage;
}

async function reported(error: unknown, { name }: NamedVerb): Promise<number> {
  if (error instanceof UsageError) {
    console.error(`wxa ${name}: ${error.message}\nwxa help ${name} shows its arguments`);
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
