import { parseArgs } from 'node:util';
import { METHODS, type Method } from '@wxa/contracts';

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

export const USAGE = `usage: wxa ops cancel --method METHOD --state QUEUED | RETRYING [--template N]
                      [--appid-file FILE] --reason TEXT [--dry-run]
cancels the operations of a method in a state, one CancelOperation each, newest first;
what was sent to WeChat meanwhile is not cancelled
  --template N       only those of this template: of their request, or of the mini-program's
                     last Commit before them; needs DATABASE_URL
  --appid-file FILE  only those of these mini-programs, one appid per line
  --dry-run          prints them and cancels nothing
Environment: WXA_GATEWAY (127.0.0.1:50051), WXA_CA_FILE, WXA_CERT_FILE and WXA_KEY_FILE,
WXA_TOKEN_FILE (a JWT or an API key); WXA_PLAINTEXT=1 on this machine only`;

/** The arguments are invalid; the message says which and why. */
export class ArgumentError extends Error {}

const MAX_REASON = 2_000;
const OPTIONS = {
  method: { type: 'string' },
  state: { type: 'string' },
  template: { type: 'string' },
  'appid-file': { type: 'string' },
  reason: { type: 'string' },
  'dry-run': { type: 'boolean' },
} as const;

/** Parses the command line. Throws ArgumentError. */
export function parseArguments([command, ...args]: string[]): CancelCommand {
  if (command !== 'cancel') throw new ArgumentError(`unknown command: ${command ?? 'none'}`);
  const values = parsed(args);
  const { template } = values;
  if (template !== undefined && !/^\d{1,18}$/.test(template))
    throw new ArgumentError(`--template must be the id of a template: ${template}`);
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
    throw new ArgumentError((error as Error).message);
  }
}

function methodOf(text: string | undefined): Method {
  if (text === undefined) throw new ArgumentError('--method is missing');
  if (!Object.hasOwn(METHODS, text))
    throw new ArgumentError(`--method must be the name of an RPC that creates operations: ${text}`);
  return text as Method;
}

function stateOf(text: string | undefined): CancellableState {
  if (text === undefined) throw new ArgumentError('--state is missing');
  const state = STATES.find((each) => each === text);
  if (state === undefined) throw new ArgumentError(`--state must be ${STATES.join(' or ')}: ${text}`);
  return state;
}

function reasonOf(text: string | undefined): string {
  if (text === undefined || text.trim() === '') throw new ArgumentError('--reason is missing');
  if ([...text].length > MAX_REASON)
    throw new ArgumentError(`--reason has more than ${MAX_REASON} characters`);
  return text;
}

/** The appids of a file, one per line. Throws ArgumentError. */
export function appidsIn(text: string): Set<string> {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  for (const [i, line] of lines.entries())
    if (line !== '' && !/^wx[0-9a-f]{16}$/.test(line))
      throw new ArgumentError(`--appid-file: line ${i + 1} is not an appid: ${line}`);
  return new Set(lines.filter((line) => line !== ''));
}
