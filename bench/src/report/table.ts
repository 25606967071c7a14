import { spread } from '../load/numbers.js';

export type Cell = string | number | undefined;

/** A Markdown table; undefined cells are empty, and columns of numbers are aligned right. */
export function markdownTable(head: string[], rows: Cell[][]): string {
  const line = (cells: Cell[]) => `| ${cells.map((cell) => cell ?? '').join(' | ')} |`;
  const isFigure = (cell: Cell) => /^(\d|$)/.test(String(cell ?? ''));
  const rules = head.map((_, i) => (rows.every((cells) => isFigure(cells[i])) ? '--:' : '---'));
  return [line(head), `|${rules.join('|')}|`, ...rows.map(line)].join('\n');
}

/** The median and, if there are several values, their range; empty if there are none. */
export function medianWithRange(values: number[], show: (value: number) => string): string {
  if (values.length === 0) return '';
  const { median, min, max } = spread(values);
  const [figure, unit] = show(median).split(' ');
  const [from, to] = [min, max].map((value) => show(value).split(' ')[0]);
  return [figure, ...(values.length > 1 ? [`(${from}–${to})`] : []), unit].filter(Boolean).join(' ');
}

export function wholeNumber(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Three significant digits. */
export function threeDigits(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) return wholeNumber(value);
  const digits = Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return value.toFixed(digits);
}

export function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export function ms(value: number): string {
  return `${value >= 100 ? wholeNumber(value) : value.toFixed(1)} ms`;
}

export function share(value: number): string {
  return value.toFixed(3);
}

export function factor(ratio: number): string {
  return `${ratio >= 10 ? wholeNumber(ratio) : ratio.toFixed(2)} ×`;
}

/** The turns of one row. */
export interface Row<Turn> {
  title: string;
  turns: Turn[];
}

export type Column<Turn> = [name: string, cell: (turns: Turn[]) => Cell];

/** A table with a row for each group of turns. */
export function turnsTable<Turn>(head: string, rows: Row<Turn>[], columns: Column<Turn>[]): string {
  return markdownTable(
    [head, ...columns.map(([name]) => name)],
    rows.map(({ title, turns }) => [title, ...columns.map(([, cell]) => cell(turns))]),
  );
}

/** A cell with the median and the range of a figure, of the turns that have it. */
export function medianCell<Turn>(value: (turn: Turn) => number | undefined, show = threeDigits) {
  return (turns: Turn[]) =>
    medianWithRange(
      turns.flatMap((turn) => value(turn) ?? []),
      show,
    );
}
