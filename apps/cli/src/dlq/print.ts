import type { Letter } from './letters.js';

const COLUMNS = [
  ['LETTER', 9, (letter: Letter) => letter.id],
  ['FROM', 9, (letter: Letter) => letter.from],
  ['TIME (UTC)', 19, (letter: Letter) => letter.time.slice(0, 19).replace('T', ' ')],
  ['REASON', 25, (letter: Letter) => letter.reason + (letter.replayed ? ' *' : '')],
] as const;
const KEY_WIDTH = 80;

/** A table of letters, 80 columns wide; `*` marks those that were replayed. */
export function table(letters: Letter[], topic: string): string {
  if (letters.length === 0) return 'no dead letters';
  const head = `${COLUMNS.map(([name, width]) => name.padEnd(width))
    .join(' ')
    .trimEnd()}\n  KEY`;
  const rows = letters.map((letter) => {
    const cells = COLUMNS.map(([, width, cell]) => cell(letter).padEnd(width)).join(' ');
    return `${cells.trimEnd()}\n  ${cut(printable(letter.key), KEY_WIDTH - 2)}`;
  });
  return [`dead letters of ${topic}; * was replayed`, head, ...rows].join('\n');
}

/** One letter: where it came from, its headers, and its value as it is. */
export function whole(letter: Letter): string {
  const headers = Object.entries(letter.headers).map(([name, value]) => `${name}: ${printable(value)}`);
  const replayed = letter.replayed ? ['(was replayed)'] : [];
  return [`key: ${printable(letter.key)}`, ...headers, ...replayed, '', printable(letter.value)].join('\n');
}

function printable(value: unknown): string {
  if (value === null || value === undefined) return '(none)';
  // Control characters of a stranger's message would drive the terminal.
  return String(value).replace(/[\p{Cc}\p{Cf}]/gu, (c) => (c === '\n' || c === '\t' ? c : '�'));
}

function cut(text: string, width: number): string {
  const line = text.replace(/\s/g, ' ');
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}
