import { printable as printableText } from '../output/printable.js';
import type { DeadLetter } from './dead-letters.js';

const COLUMNS = [
  ['POSITION', 9, (deadLetter: DeadLetter) => deadLetter.id],
  ['ORIGINAL', 9, (deadLetter: DeadLetter) => deadLetter.from],
  ['TIME (UTC)', 19, (deadLetter: DeadLetter) => deadLetter.time.slice(0, 19).replace('T', ' ')],
  ['REASON', 25, (deadLetter: DeadLetter) => deadLetter.reason + (deadLetter.replayed ? ' *' : '')],
] as const;
const KEY_WIDTH = 80;

/** A table of dead-lettered messages, 80 columns wide; `*` marks those that were replayed. */
export function deadLetterTable(deadLetters: DeadLetter[], topic: string): string {
  if (deadLetters.length === 0) return 'no dead letters';
  const head = `${COLUMNS.map(([name, width]) => name.padEnd(width))
    .join(' ')
    .trimEnd()}\n  KEY`;
  const rows = deadLetters.map((deadLetter) => {
    const cells = COLUMNS.map(([, width, cell]) => cell(deadLetter).padEnd(width)).join(' ');
    return `${cells.trimEnd()}\n  ${cut(printable(deadLetter.key), KEY_WIDTH - 2)}`;
  });
  return [`dead letters of ${topic}; * = replayed`, head, ...rows].join('\n');
}

/** The key, headers and value of one message. */
export function details(deadLetter: DeadLetter): string {
  const headers = Object.entries(deadLetter.headers).map(([name, value]) => `${name}: ${printable(value)}`);
  const replayed = deadLetter.replayed ? ['(replayed)'] : [];
  return [`key: ${printable(deadLetter.key)}`, ...headers, ...replayed, '', printable(deadLetter.value)].join(
    '\n',
  );
}

/** A message as a JSON document; key and value as text. */
export function documentOf({ key, value, headers, ...facts }: DeadLetter): object {
  const texts = Object.entries(headers).map(([name, header]) => [name, String(header)]);
  return {
    ...facts,
    key: key?.toString() ?? null,
    headers: Object.fromEntries(texts),
    value: value?.toString() ?? null,
  };
}

function printable(value: unknown): string {
  if (value === null || value === undefined) return '(none)';
  return printableText(String(value));
}

function cut(text: string, width: number): string {
  const line = text.replace(/\s/g, ' ');
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}
