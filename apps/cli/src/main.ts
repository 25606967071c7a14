#!/usr/bin/env node
// The operators' commands: `wxa migrate`, `wxa quota list`, …
import '@wxa/service/require-node';
import { EXIT, fail } from './exit-codes.js';

interface Command {
  /** Resolves with the exit code. */
  run(args: string[]): Promise<number>;
}

/** Each is loaded when it is run, so that no command waits for the libraries of another. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  migrate: () => import('./migrate.js'),
  quota: () => import('./quota.js'),
  secrets: () => import('./secrets.js'),
  dlq: () => import('./dlq/dlq.js'),
  'errors-page': () => import('./write-errors-page.js'),
};

const USAGE = `usage: wxa COMMAND [ARGUMENT...]
  migrate                    bring the schema of DATABASE_URL up to date
  quota list | lift API      WeChat APIs that are stopped by an exhausted quota
  secrets rotate             encrypt all secrets under SECRETS_KEY
  dlq list | show | replay   dead-lettered commands
  errors-page                write docs/errors.md, in the repository`;

const [name = '', ...args] = process.argv.slice(2);
const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (load === undefined) fail(USAGE, EXIT.usage);
process.exitCode = await (await load()).run(args);
