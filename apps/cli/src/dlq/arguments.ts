/** A parsed command line of `npm run dlq`. */
export type DlqCommand =
  | { command: 'list'; reason?: string }
  | { command: 'show'; id: string }
  | { command: 'replay'; selection: Selection; again: boolean };

/** The messages to replay. */
export type Selection = { ids: string[] } | { reason: string } | { all: true };

export const USAGE = `usage: npm run dlq -- list [--reason REASON]
       npm run dlq -- show PARTITION:OFFSET
       npm run dlq -- replay PARTITION:OFFSET... | --reason REASON | --all
                             [--again]
list    lists the dead-lettered messages, oldest first
show    prints the value and the headers of one message
replay  publishes messages to the commands topic again, unmodified;
        skips replayed messages, unless --again is given
Environment: KAFKA_BROKERS, KAFKA_TOPIC_PREFIX; DATABASE_URL to replay`;

/** The arguments are invalid; the message says which and why. */
export class ArgumentError extends Error {}

const ID = /^\d{1,9}:\d{1,19}$/;
const FLAGS: Record<DlqCommand['command'], readonly string[]> = {
  list: ['--reason'],
  show: [],
  replay: ['--reason', '--all', '--again'],
};

/** Parses the command line. Throws ArgumentError. */
export function parseArguments(args: string[]): DlqCommand {
  const [command, ...rest] = args;
  if (command !== 'list' && command !== 'show' && command !== 'replay') {
    throw new ArgumentError(command === undefined ? 'no command' : `unknown command: ${command}`);
  }
  const { ids, reason, flags } = parseRest(rest, FLAGS[command]);
  if (command === 'replay')
    return { command, selection: selectionOf(ids, reason, flags), again: flags.has('--again') };
  if (command === 'show') return { command, id: onlyId(ids) };
  if (ids[0] !== undefined) throw new ArgumentError(`list takes no PARTITION:OFFSET: ${ids[0]}`);
  return reason === undefined ? { command } : { command, reason };
}

function parseRest(rest: string[], allowed: readonly string[]) {
  const ids: string[] = [];
  const flags = new Set<string>();
  let reason: string | undefined;
  const left = rest.values();
  for (const argument of left) {
    if (!argument.startsWith('-')) ids.push(idOf(argument));
    else if (!allowed.includes(argument)) throw new ArgumentError(`unknown option: ${argument}`);
    else if (argument === '--reason') reason = reasonOf(left.next().value);
    else flags.add(argument);
  }
  return { ids, reason, flags };
}

function idOf(text: string): string {
  if (ID.test(text)) return text.split(':').map(BigInt).join(':');
  throw new ArgumentError(`not PARTITION:OFFSET, as in 3:17: ${text}`);
}

function reasonOf(text: string | undefined): string {
  if (text === undefined || text === '' || text.startsWith('-'))
    throw new ArgumentError('--reason needs a reason');
  return text;
}

function onlyId(ids: string[]): string {
  const [id] = ids;
  if (id !== undefined && ids.length === 1) return id;
  throw new ArgumentError('show takes one PARTITION:OFFSET');
}

function selectionOf(ids: string[], reason: string | undefined, flags: Set<string>): Selection {
  const given = [ids.length > 0, reason !== undefined, flags.has('--all')].filter(Boolean).length;
  if (given !== 1)
    throw new ArgumentError('replay takes one of: PARTITION:OFFSET..., --reason REASON, --all');
  if (ids.length > 0) return { ids };
  return reason === undefined ? { all: true } : { reason };
}
