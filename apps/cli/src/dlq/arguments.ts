/** What `npm run dlq` is asked for. */
export type Order =
  | { command: 'list'; reason?: string }
  | { command: 'show'; letter: string }
  | { command: 'replay'; which: Which; again: boolean };

/** Which letters to replay. */
export type Which = { letters: string[] } | { reason: string } | { all: true };

export const USAGE = `usage: npm run dlq -- list [--reason REASON]
       npm run dlq -- show PARTITION:OFFSET
       npm run dlq -- replay PARTITION:OFFSET... | --reason REASON | --all
                             [--again]
list    the dead letters, oldest first
show    one letter's value and headers
replay  put letters back on the commands topic, as they were; a letter that
        was replayed is left alone, unless --again
KAFKA_BROKERS and KAFKA_TOPIC_PREFIX say where.`;

/** The arguments are wrong; the message names what. */
export class ArgumentError extends Error {}

const LETTER = /^\d{1,9}:\d{1,19}$/;
const FLAGS: Record<Order['command'], readonly string[]> = {
  list: ['--reason'],
  show: [],
  replay: ['--reason', '--all', '--again'],
};

/** Reads the command line. Throws ArgumentError. */
export function readOrder(args: string[]): Order {
  const [command, ...rest] = args;
  if (command !== 'list' && command !== 'show' && command !== 'replay') {
    throw new ArgumentError(command === undefined ? 'no command' : `unknown command: ${command}`);
  }
  const { letters, reason, flags } = readRest(rest, FLAGS[command]);
  if (command === 'replay')
    return { command, which: which(letters, reason, flags), again: flags.has('--again') };
  if (command === 'show') return { command, letter: onlyLetter(letters) };
  if (letters[0] !== undefined) throw new ArgumentError(`list takes no letter: ${letters[0]}`);
  return reason === undefined ? { command } : { command, reason };
}

function readRest(rest: string[], allowed: readonly string[]) {
  const letters: string[] = [];
  const flags = new Set<string>();
  let reason: string | undefined;
  const left = rest.values();
  for (const argument of left) {
    if (!argument.startsWith('-')) letters.push(letterOf(argument));
    else if (!allowed.includes(argument)) throw new ArgumentError(`unknown option: ${argument}`);
    else if (argument === '--reason') reason = reasonOf(left.next().value);
    else flags.add(argument);
  }
  return { letters, reason, flags };
}

function letterOf(text: string): string {
  if (LETTER.test(text)) return text.split(':').map(BigInt).join(':');
  throw new ArgumentError(`not PARTITION:OFFSET, as in 3:17: ${text}`);
}

function reasonOf(text: string | undefined): string {
  if (text === undefined || text === '' || text.startsWith('-'))
    throw new ArgumentError('--reason needs a reason');
  return text;
}

function onlyLetter(letters: string[]): string {
  const [letter] = letters;
  if (letter !== undefined && letters.length === 1) return letter;
  throw new ArgumentError('show takes one PARTITION:OFFSET');
}

function which(letters: string[], reason: string | undefined, flags: Set<string>): Which {
  const ways = [letters.length > 0, reason !== undefined, flags.has('--all')].filter(Boolean).length;
  if (ways !== 1) throw new ArgumentError('replay takes one of: PARTITION:OFFSET..., --reason REASON, --all');
  if (letters.length > 0) return { letters };
  return reason === undefined ? { all: true } : { reason };
}
