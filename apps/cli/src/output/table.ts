import { styleText } from 'node:util';
import { singleLine } from './printable.js';

/** Characters that take two columns of a terminal: CJK, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const GAP = 2;
const MIN_COLUMN = 8;

const COLOURS = {
  SUCCEEDED: 'green',
  AUTHORIZED: 'green',
  APPROVED: 'green',
  FAILED: 'red',
  REJECTED: 'red',
  IN_DOUBT: 'yellow',
  NEEDS_AUTHORIZATION: 'yellow',
} as const;

/** Where a table is printed. */
export interface Terminal {
  isTTY?: boolean;
  columns?: number;
}

/**
 * Rows for a reader or a program. On a terminal: a table with a head, cut to the terminal's width. Elsewhere: one line per row,
 * with a tab between two cells.
 */
export function table(head: string[], rows: string[][], out: Terminal = process.stdout): string {
  const cells = rows.map((row) => row.map(singleLine));
  if (out.isTTY !== true) return cells.map((row) => row.join('\t')).join('\n');
  const titles = head.map((title) => title.toUpperCase());
  const widths = fitted(
    titles.map((title, i) => Math.max(...[title, ...cells.map((row) => row[i] ?? '')].map(widthOf))),
    out.columns ?? 80,
  );
  const line = (row: string[]) => row.map((cell, i) => padded(cell, widths[i] ?? 0)).join(' '.repeat(GAP));
  return [titles, ...cells].map((row) => coloured(line(row).trimEnd())).join('\n');
}

/** Names and values, one pair a line. */
export function pairs(entries: [string, string][], out: Terminal = process.stdout): string {
  if (out.isTTY !== true) return entries.map(([name, value]) => `${name}\t${singleLine(value)}`).join('\n');
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  const room = (out.columns ?? 80) - width - GAP;
  return entries
    .map(([name, value]) =>
      coloured(`${name.padEnd(width + GAP)}${padded(singleLine(value), room).trimEnd()}`),
    )
    .join('\n');
}

/** The columns an operator's terminal needs for a text. */
export function widthOf(text: string): number {
  return [...text].reduce((width, c) => width + (WIDE.test(c) ? 2 : 1), 0);
}

/** Narrows the widest columns until a row fits. */
function fitted(widths: number[], columns: number): number[] {
  const left = [...widths];
  const total = () => left.reduce((sum, width) => sum + width + GAP, -GAP);
  while (total() > columns) {
    const widest = left.indexOf(Math.max(...left));
    if ((left[widest] ?? 0) <= MIN_COLUMN) return left;
    left[widest] = Math.max(MIN_COLUMN, (left[widest] ?? 0) - (total() - columns));
  }
  return left;
}

function padded(text: string, width: number): string {
  const shown = cutTo(width, text);
  return shown + ' '.repeat(Math.max(0, width - widthOf(shown)));
}

/** A text that takes no more columns of the terminal. */
export function cutTo(width: number, text: string): string {
  if (widthOf(text) <= width) return text;
  let [cut, used] = ['', 0];
  for (const c of text) {
    if (used + widthOf(c) > width - 1) break;
    cut += c;
    used += widthOf(c);
  }
  return `${cut}…`;
}

/** styleText follows NO_COLOR and whether its stream is a terminal. */
function coloured(line: string): string {
  return line.replace(/(?<=^|\s)[A-Z_]+(?=\s|$)/g, (word) =>
    Object.hasOwn(COLOURS, word)
      ? styleText(COLOURS[word as keyof typeof COLOURS], word, { stream: process.stdout })
      : word,
  );
}
