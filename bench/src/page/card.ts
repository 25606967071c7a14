// A card of its own for each chart, so that it can be read on a light and on a dark page.

export type Show = (value: number) => string;

export const WIDTH = 760;
export const LEFT = 250;
export const RIGHT = 110;
export const TOP = 52;
export const ROW = 30;
export const PLOT = WIDTH - LEFT - RIGHT;

export const INK = '#1f2328';
export const FAINT = '#59636e';
export const GRID = '#d1d9e0';
export const STRONG = '#0969da';
export const PALE = '#8fa3b8';
/** Okabe and Ito's, told apart by those who do not see all colours too. */
export const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#999999'];

export function card(title: string, unit: string, height: number, content: string[]): string {
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

export interface Scale {
  of(value: number): number;
  /** The length of all of it. */
  end: number;
  marks: number[];
}

/** From nothing to a round number not far above the most; four to six marks. */
export function scaleOf(most: number): Scale {
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

export function grid(scale: Scale, rows: number): string {
  const bottom = TOP + rows * ROW;
  return scale.marks
    .map((mark) => {
      const x = (LEFT + scale.of(mark)).toFixed(1);
      return `<path d="M${x} ${TOP}V${bottom}" stroke="${GRID}"/>${text(plain(mark), Number(x), bottom + 16, 'middle')}`;
    })
    .join('');
}

/** As an axis tells it. */
export function plain(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en-US');
}

export function legend(names: string[], y: number): string {
  let x = 16;
  return names
    .map((part, i) => {
      const item = `<rect x="${x}" y="${y - 6}" width="12" height="12" fill="${COLOURS[i]}"/><text x="${x + 17}" y="${y + 4}" fill="${INK}">${escaped(part)}</text>`;
      x += 38 + part.length * 7.5;
      return item;
    })
    .join('');
}

export function name(label: string, y: number, strong: boolean): string {
  return `<text x="${LEFT - 10}" y="${y + 4}" text-anchor="end" fill="${INK}"${strong ? ' font-weight="600"' : ''}>${escaped(label)}</text>`;
}

export function figure(value: string, x: number, y: number, strong: boolean): string {
  return `<text x="${x.toFixed(1)}" y="${y + 4}" fill="${INK}"${strong ? ' font-weight="600"' : ''}>${escaped(value)}</text>`;
}

export function text(value: string, x: number, y: number, anchor: 'middle' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${(y + (anchor === 'end' ? 4 : 0)).toFixed(1)}" text-anchor="${anchor}" fill="${FAINT}" font-size="11">${escaped(value)}</text>`;
}

export function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
