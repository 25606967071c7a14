// Charts as SVG: a card of their own, so that they can be read on a light and on a dark page.

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
  strong: boolean;
}

export interface Line {
  name: string;
  points: { x: number; y: number }[];
  dashed?: boolean;
}

type Show = (value: number) => string;

const WIDTH = 760;
const LEFT = 250;
const RIGHT = 110;
const TOP = 52;
const ROW = 30;
const PLOT = WIDTH - LEFT - RIGHT;

const INK = '#1f2328';
const FAINT = '#59636e';
const GRID = '#d1d9e0';
const STRONG = '#0969da';
const PALE = '#8fa3b8';
/** Okabe and Ito's, told apart by those who do not see all colours too. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#999999'];

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
  const totals = rows.map(({ parts }) => Object.values(parts).reduce((sum, part) => sum + part, 0));
  const scale = scaleOf(Math.min(most, Math.max(...totals)));
  const drawn = rows.map(({ label, parts, strong }, i) => {
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
      figure(`${from < scale.end ? '' : '… '}${show(totals[i] ?? 0)}`, LEFT + from + 8, middle, strong),
    ].join('');
  });
  const bottom = TOP + rows.length * ROW;
  const key = legend(names, bottom + 38);
  return card(title, unit, bottom + 60, [grid(scale, rows.length), ...drawn, key]);
}

const LINES = { left: 70, right: 170, height: 300 };

/** Lines over two axes that both double from mark to mark. */
export function lines(title: string, unit: string, xName: string, all: Line[], show: Show): string {
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
        `<path d="M${LINES.left} ${yOf(y).toFixed(1)}h${wide}" stroke="${GRID}"/>${text(show(y), LINES.left - 8, yOf(y), 'end')}`,
    ),
    ...xs.map((x) => text(String(x), xOf(x), bottom + 18, 'middle')),
    text(xName, LINES.left + wide / 2, bottom + 38, 'middle'),
  ];
  const ends: number[] = [];
  const drawn = all.map(({ name: title, points, dashed }, i) => {
    const path = points.map(({ x, y }) => `${xOf(x).toFixed(1)} ${yOf(y).toFixed(1)}`);
    const colour = COLOURS[i % COLOURS.length];
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
      `<text x="${LINES.left + wide + 10}" y="${(labelY + 4).toFixed(1)}" fill="${colour}">${escaped(title)}</text>`,
    ].join('');
  });
  return card(title, unit, bottom + 54, [...axes, ...drawn]);
}

function card(title: string, unit: string, height: number, content: string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<rect x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="6" fill="#ffffff" stroke="${GRID}"/>`,
    `<text x="16" y="24" fill="${INK}" font-size="15" font-weight="600">${escaped(title)}</text>`,
    `<text x="16" y="42" fill="${FAINT}" font-size="12">${escaped(unit)}</text>`,
    ...content.filter(Boolean),
    '</svg>\n',
  ].join('\n');
}

interface Scale {
  of(value: number): number;
  /** The length of all of it. */
  end: number;
  marks: number[];
}

/** From nothing to a round number not far above the most; four to six marks. */
function scaleOf(most: number): Scale {
  const rough = Math.max(most, Number.MIN_VALUE) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  const count = Math.ceil(most / step - 1e-9);
  const end = count * step;
  return {
    of: (value) => (PLOT * value) / end,
    end: PLOT,
    marks: Array.from({ length: count + 1 }, (_, i) => i * step),
  };
}

function grid(scale: Scale, rows: number): string {
  const bottom = TOP + rows * ROW;
  return scale.marks
    .map((mark) => {
      const x = (LEFT + scale.of(mark)).toFixed(1);
      return `<path d="M${x} ${TOP}V${bottom}" stroke="${GRID}"/>${text(Number(mark.toPrecision(3)).toLocaleString('en-US'), Number(x), bottom + 16, 'middle')}`;
    })
    .join('');
}

function legend(names: string[], y: number): string {
  let x = 16;
  return names
    .map((part, i) => {
      const item = `<rect x="${x}" y="${y - 6}" width="12" height="12" fill="${COLOURS[i]}"/><text x="${x + 17}" y="${y + 4}" fill="${INK}">${escaped(part)}</text>`;
      x += 38 + part.length * 7.5;
      return item;
    })
    .join('');
}

function name(label: string, y: number, strong: boolean): string {
  return `<text x="${LEFT - 10}" y="${y + 4}" text-anchor="end" fill="${INK}"${strong ? ' font-weight="600"' : ''}>${escaped(label)}</text>`;
}

function figure(value: string, x: number, y: number, strong: boolean): string {
  return `<text x="${x.toFixed(1)}" y="${y + 4}" fill="${INK}"${strong ? ' font-weight="600"' : ''}>${escaped(value)}</text>`;
}

function text(value: string, x: number, y: number, anchor: 'middle' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${(y + (anchor === 'end' ? 4 : 0)).toFixed(1)}" text-anchor="${anchor}" fill="${FAINT}" font-size="11">${escaped(value)}</text>`;
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
