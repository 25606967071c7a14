import { parseArgs } from 'node:util';
import { METHODS, type Method } from '@wxa/contracts';
import { UsageError } from '../exit-codes.js';

/** A parsed command line of `wxa ops cancel`. */
export interface CancelCommand {
  method: Method;
  state: CancellableState;
  /** Only operations of this template. */
  template: string | undefined;
  /** Only operations of the mini-programs in this file. */
  appidFile: string | undefined;
  reason: string;
  dryRun: boolean;
}

/** The states in which an operation may not have been sent yet. */
const STATES = ['QUEUED', 'RETRYING'] as const;
export type CancellableState = (typeof STATES)[number];

const MAX_REASON = 2_000;
const OPTIONS = {
  method: { type: 'string' },
  state: { type: 'string' },
  template: { type: 'string' },
  'appid-file': { type: 'string' },
  reason: { type: 'string' },
  'dry-run': { type: 'boolean' },
} as const;

/** Parses the command line. Throws UsageError. */
export function parseArguments([command, ...args]: string[]): CancelCommand {
  if (command !== 'cancel') throw new UsageError(`unknown command: ${command ?? 'none'}`);
  const values = parsed(args);
  const { template } = values;
  if (template !== undefined && !/^\d{1,18}$/.test(template))
    throw new UsageError(`--template must be the id of a template: ${template}`);
  return {
    method: methodOf(values.method),
    state: stateOf(values.state),
    template,
    appidFile: values['appid-file'],
    reason: reasonOf(values.reason),
    dryRun: values['dry-run'] ?? false,
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function methodOf(text: string | undefined): Method {
  if (text === undefined) throw new UsageError('--method is missing');
  if (!Object.hasOwn(METHODS, text))
    throw new UsageError(`--method must be the name of an RPC that creates operations: ${text}`);
  return text as Method;
}

function stateOf(text: string | undefined): CancellableState {
  if (text === undefined) throw new UsageError('--state is missing');
  const state = STATES.find((each) => each === text);
  if (state === undefined) throw new UsageError(`--state must be ${STATES.join(' or ')}: ${text}`);
  return state;
}

function reasonOf(text: string | undefined): string {
  if (text === undefined || text.trim() === '') throw new UsageError('--reason is missing');
  if ([...text].length > MAX_REASON) throw new UsageError(`--reason has more than ${MAX_REASON} characters`);
  return text;
}

/** The appids of a file, one per line. Throws UsageError. */
export function appidsIn(text: string): Set<string> {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  for (const [i, line] of lines.entries())
    if (line !== '' && !/^wx[0-9a-f]{16}$/.test(line))
      throw new UsageError(`--appid-file: line ${i + 1} is not an appid: ${line}`);
  return new Set(lines.filter((line) => line !== ''));
}
