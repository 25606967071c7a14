import { UsageError } from '../exit-codes.js';

/** A parsed command line of `wxa dlq`. */
export type DlqCommand = { json: boolean } & (
  | { command: 'list'; reason?: string }
  | { command: 'show'; id: string }
  | { command: 'replay'; selection: Selection; again: boolean }
);

/** The messages to replay. */
export type Selection = { ids: string[] } | { reason: string } | { all: true };

const ID = /^\d{1,9}:\d{1,19}$/;
const FLAGS: Record<DlqCommand['command'], readonly string[]> = {
  list: ['--reason', '--json'],
  show: ['--json'],
  replay: ['--reason', '--all', '--again', '--json'],
};

/** Parses the command line. Throws UsageError. */
export function parseArguments(args: string[]): DlqCommand {
  const [command, ...rest] = args;
  if (command !== 'list' && command !== 'show' && command !== 'replay') {
    throw new UsageError(command === undefined ? 'no command' : `unknown command: ${command}`);
  }
  const { ids, reason, flags } = parseRest(rest, FLAGS[command]);
  const json = flags.has('--json');
  if (command === 'replay')
    return { command, json, selection: selectionOf(ids, reason, flags), again: flags.has('--again') };
  if (command === 'show') return { command, json, id: onlyId(ids) };
  if (ids[0] !== undefined) throw new UsageError(`list takes no PARTITION:OFFSET: ${ids[0]}`);
  return { command, json, ...(reason !== undefined && { reason }) };
}

function parseRest(rest: string[], allowed: readonly string[]) {
  const ids: string[] = [];
  const flags = new Set<string>();
  let reason: string | undefined;
  const left = rest.values();
  for (const argument of left) {
    if (!argument.startsWith('-')) ids.push(idOf(argument));
    else if (!allowed.includes(argument)) throw new UsageError(`unknown option: ${argument}`);
    else if (argument === '--reason') reason = reasonOf(left.next().value);
    else flags.add(argument);
  }
  return { ids, reason, flags };
}

function idOf(text: string): string {
  if (ID.test(text)) return text.split(':').map(BigInt).join(':');
  throw new UsageError(`not PARTITION:OFFSET, as in 3:17: ${text}`);
}

function reasonOf(text: string | undefined): string {
  if (text === undefined || text === '' || text.startsWith('-'))
    throw new UsageError('--reason needs a reason');
  return text;
}

function onlyId(ids: string[]): string {
  const [id] = ids;
  if (id !== undefined && ids.length === 1) return id;
  throw new UsageError('show takes one PARTITION:OFFSET');
}

function selectionOf(ids: string[], reason: string | undefined, flags: Set<string>): Selection {
  const given = [ids.length > 0, reason !== undefined, flags.has('--all')].filter(Boolean).length;
  if (given !== 1) throw new UsageError('replay takes one of: PARTITION:OFFSET..., --reason REASON, --all');
  if (ids.length > 0) return { ids };
  return reason === undefined ? { all: true } : { reason };
}
