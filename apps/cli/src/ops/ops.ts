import { follow } from '../calls/follow.js';
import type { OperationJson } from '../calls/operation.js';
import { printItems } from '../calls/pages.js';
import { parsedArguments } from '../calls/parsed-arguments.js';
import { durationOf, limitOf } from '../calls/units.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { withGateway } from '../gateway/gateway.js';
import { CONNECTION_OPTIONS } from '../gateway/settings.js';
import { cancel, resolve } from './decide.js';
import { LIST, SELECTION_OPTIONS, select, selectionOf } from './selection.js';
import { watch } from './watch.js';

const WAIT_MS = 300_000;
const COMMON = { json: { type: 'boolean' }, ...CONNECTION_OPTIONS } as const;

const COMMANDS: Record<string, (args: string[]) => Promise<number>> = { list, wait, watch, cancel, resolve };

/** `wxa ops`: lists, follows, cancels and resolves operations. */
export async function run([command = '', ...args]: string[]): Promise<number> {
  const found = COMMANDS[command];
  if (found === undefined) throw new UsageError(`unknown command: ${command}`);
  return found(args);
}

async function list(args: string[]): Promise<number> {
  const options = {
    ...SELECTION_OPTIONS,
    'oldest-first': { type: 'boolean' },
    limit: { type: 'string' },
    ...COMMON,
  } as const;
  const { values } = parsedArguments(options, args);
  const selection = selectionOf(values);
  const limit = limitOf(values.limit);
  return withGateway(values, async (gateway) => {
    const found = await select(gateway, selection, limit + 1);
    printItems(LIST, found.slice(0, limit), values.json);
    if (found.length > limit) console.error(`only the first ${limit}; --limit N shows more`);
    return EXIT.ok;
  });
}

async function wait(args: string[]): Promise<number> {
  const { values, positionals } = parsedArguments({ timeout: { type: 'string' }, ...COMMON }, args, {
    max: 1,
  });
  const [id] = positionals;
  if (id === undefined) throw new UsageError('ID is missing');
  const timeoutMs = durationOf(values.timeout, WAIT_MS);
  return withGateway(values, async (gateway) => {
    // An unknown id is an error before it waits.
    const operation = await gateway.call<OperationJson>('Operations/GetOperation', { id });
    return follow(gateway, operation, { timeoutMs, json: values.json });
  });
}
