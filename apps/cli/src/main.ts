#!/usr/bin/env node
// The operators' commands: `wxa migrate`, `wxa quota list`, …
import '@wxa/service/require-node';
import { EXIT, fail } from './exit-codes.js';

interface Command {
  /** Resolves with the exit code. */
  run(args: string[]): Promise<number>;
}

/** A command is imported when it runs, so that no command loads the libraries of another. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  migrate: () => import('./migrate.js'),
  quota: () => import('./quota/quota.js'),
  ops: () => import('./ops/ops.js'),
  secrets: () => import('./secrets.js'),
  policy: () => import('./policy.js'),
  dlq: () => import('./dlq/dlq.js'),
  restore: () => import('./restore.js'),
  republish: () => import('./republish.js'),
  'errors-page': () => import('./errors-page.js'),
};

const USAGE = `usage: wxa COMMAND [ARGUMENT...]
  migrate [--grant ROLE]     migrate the schema of DATABASE_URL, grant it to a role
  quota list | stop | lift | rate
                             list, stop and resume WeChat APIs, set their rates
  ops cancel                 cancel waiting operations of a method
  secrets rotate             re-encrypt all secrets with SECRETS_KEY
  policy check | explain | new-key
                             check a policy file, explain a decision, make an API key
  dlq list | show | replay   list, show or replay dead-lettered messages
  restore --since TIME       bring Postgres up to date from Kafka after it was restored
  republish --since TIME     publish outcomes and audits again
  errors-page                write docs/errors.md of the repository`;

const [name = '', ...args] = process.argv.slice(2);
const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (load === undefined) fail(USAGE, EXIT.usage);
process.exitCode = await (await load()).run(args);
