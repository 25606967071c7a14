// Charts as SVG.
import {
  COLOURS,
  card,
  escaped,
  figure,
  GRID,
  grid,
  INK,
  LEFT,
  legend,
  name,
  PALE,
  plain,
  ROW,
  type Show,
  STRONG,
  scaleOf,
  TOP,
  text,
  WIDTH,
} from './card.js';

export interface Bar {
  label: string;
  value: number;
  least: number;
  most: number;
  /** Ours. */
  strong: boolean;
}

export interface Stack {
  label: string;
  parts: Record<string, number>;
  /** The middle of all rounds; that of each part may come from another round. */
  total: number;
  strong: boolean;
}

export interface Line {
  name: string;
  points: { x: number; y: number }[];
  /** Dashed, and of the colour of the line before. */
  dashed?: boolean;
}

/** One bar for each row, with a mark from the least to the most. */
export function bars(title: string, unit: string, rows: Bar[], show: Show): string {
  const scale = scaleOf(Math.max(...rows.map(({ most }) => most)));
  const drawn = rows.map(({ label, value, least, most, strong }, i) => {
    const y = TOP + i * ROW;
    const at = (x: number) => (LEFT + scale.of(x)).toFixed(1);
    const middle = y + ROW / 2;
    const mark =
      most > least
        ? `<path d="M${at(least)} ${middle}H${at(most)}M${at(least)} ${middle - 4}v8M${at(most)} ${middle - 4}v8" stroke="${INK}" fill="none"/>`
        : '';
    return [
      name(label, middle, strong),
      `<rect x="${LEFT}" y="${y + 5}" width="${scale.of(value).toFixed(1)}" height="${ROW - 10}" fill="${strong ? STRONG : PALE}"/>`,
      mark,
      figure(show(value), LEFT + scale.of(most) + 8, middle, strong),
    ].join('');
  });
  return card(title, unit, rows.length * ROW + TOP + 34, [grid(scale, rows.length), ...drawn]);
}

/**
 * One bar for each row, made of its parts; those longer than `most` are cut there.
 * @param names of the parts, in order.
 */
export function stacks(
  title: string,
  unit: string,
  { rows, names, most }: { rows: Stack[]; names: string[]; most: number },
  show: Show,
): string {
  const scale = scaleOf(Math.min(most, Math.max(...rows.map(({ total }) => total))));
  const drawn = rows.map(({ label, parts, total, strong }, i) => {
    const middle = TOP + i * ROW + ROW / 2;
    let from = 0;
    const pieces = names.map((part, n) => {
      const width = Math.min(scale.of(parts[part] ?? 0), scale.end - from);
      const piece = `<rect x="${(LEFT + from).toFixed(1)}" y="${middle - 10}" width="${width.toFixed(1)}" height="20" fill="${COLOURS[n]}"/>`;
      from += width;
      return width > 0 ? piece : '';
    });
    return [
      name(label, middle, strong),
      ...pieces,
      figure(`${from < scale.end ? '' : '… '}${show(total)}`, LEFT + from + 8, middle, strong),
    ].join('');
  });
  const bottom = TOP + rows.length * ROW;
  const key = legend(names, bottom + 38);
  return card(title, unit, bottom + 60, [grid(scale, rows.length), ...drawn, key]);
}

const LINES = { left: 70, right: 170, height: 300 };

/** Lines over two axes that both double from mark to mark. */
export function lines(title: string, unit: string, xName: string, all: Line[]): string {
  const xs = [...new Set(all.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const ys = all.flatMap(({ points }) => points.map(({ y }) => y));
  const low = Math.floor(Math.log2(Math.min(...ys)));
  const high = Math.max(low + 1, Math.ceil(Math.log2(Math.max(...ys))));
  const [first = 1, last = 1] = [xs[0], xs.at(-1)];
  const wide = WIDTH - LINES.left - LINES.right;
  const xOf = (x: number) =>
    LINES.left + (wide * Math.log2(x / first)) / Math.max(1, Math.log2(last / first));
  const yOf = (y: number) => TOP + LINES.height * (1 - (Math.log2(y) - low) / (high - low));
  const bottom = TOP + LINES.height;
  const steps = Array.from({ length: high - low + 1 }, (_, i) => 2 ** (low + i));
  const axes = [
    ...steps.map(
      (y) =>
        `<path d="M${LINES.left} ${yOf(y).toFixed(1)}h${wide}" stroke="${GRID}"/>${text(plain(y), LINES.left - 8, yOf(y), 'end')}`,
    ),
    ...xs.map((x) => text(String(x), xOf(x), bottom + 18, 'middle')),
    text(xName, LINES.left + wide / 2, bottom + 38, 'middle'),
  ];
  const ends: number[] = [];
  let solid = -1;
  const drawn = all.map(({ name: title, points, dashed }) => {
    const path = points.map(({ x, y }) => `${xOf(x).toFixed(1)} ${yOf(y).toFixed(1)}`);
    if (!dashed) solid += 1;
    const colour = COLOURS[solid % COLOURS.length];
    // Names of lines that end in one place stand below each other.
    let labelY = yOf(points.at(-1)?.y ?? 1);
    while (ends.some((other) => Math.abs(other - labelY) < 15)) labelY += 15;
    ends.push(labelY);
    const dots = dashed
      ? []
      : path.map(
          (at) => `<circle cx="${at.split(' ')[0]}" cy="${at.split(' ')[1]}" r="3.5" fill="${colour}"/>`,
        );
    return [
      `<path d="M${path.join('L')}" fill="none" stroke="${colour}" stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ''}/>`,
      ...dots,
      `<text x="${LINES.left + wide + 10}" y="${(labelY + 4).toFixed(1)}" fill="${INK}">${escaped(title)}</text>`,
    ].join('');
  });
  return card(title, unit, bottom + 54, [...axes, ...drawn]);
}
