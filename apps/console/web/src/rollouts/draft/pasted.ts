import { isObject } from '../../settings/scope.js';

/** What of a pasted text cannot be used, with the number of its line, 1 for the first. */
export interface Refused {
  line: number;
  text: string;
}

const APPID = /^wx[0-9a-f]{16}$/;
/** White space, and what stands between items of lists, in both languages. */
const SEPARATORS = /[\s,;|"'，、；。]+/u;

/** The appids of a pasted text, with any separators; each once, in their order. */
export function pastedAppids(text: string): { appids: string[]; refused: Refused[] } {
  const items = text
    .split(/\r?\n/)
    .flatMap((line, i) => line.split(SEPARATORS).map((item) => ({ line: i + 1, text: item })))
    .filter((item) => item.text !== '');
  const appids = items.map((item) => item.text).filter((item) => APPID.test(item));
  return { appids: [...new Set(appids)], refused: items.filter((item) => !APPID.test(item.text)) };
}

/** What is set for one mini-program. */
export interface Override {
  appid: string;
  /** A JSON object; empty: none. */
  extPatchJson: string;
  /** 0: none. */
  wave: number;
}

/**
 * The rows of a pasted table: appid, merge patch of ext_json, wave; the last two may be empty or missing. Columns are separated by
 * commas (CSV, RFC 4180) or, as copied from a spreadsheet, by tabs. A patch without quotes around it is understood as well. A first
 * line that does not start with `wx` is a heading. Refused are malformed rows, and second ones of an appid.
 */
export function pastedOverrides(text: string): { overrides: Override[]; refused: Refused[] } {
  const overrides = new Map<string, Override>();
  const refused: Refused[] = [];
  for (const { line, source, cells } of rowsOf(text)) {
    const override = overrideOf(cells);
    if (override && !overrides.has(override.appid)) overrides.set(override.appid, override);
    else if (line > 1 || source.startsWith('wx')) refused.push({ line, text: source });
  }
  return { overrides: [...overrides.values()], refused };
}

function overrideOf([first, ...others]: Cell[]): Override | undefined {
  const appid = first?.value ?? '';
  const last = others.at(-1)?.value ?? '';
  const hasWave = others.length > 1 && /^\d{0,3}$/.test(last);
  const patch = hasWave ? others.slice(0, -1) : others;
  // Without quotes around it, the commas of a patch have separated it into cells.
  const isPlain = patch[0]?.source.startsWith('{');
  const extPatchJson = patch.map(({ source, value }) => (isPlain ? source : value)).join(',');
  const isValid = APPID.test(appid) && (extPatchJson === '' || isObject(extPatchJson));
  return isValid ? { appid, extPatchJson, wave: hasWave ? Number(last) : 0 } : undefined;
}

interface Cell {
  source: string;
  /** Without the quotes around it. */
  value: string;
}

/** A cell with what ends it. In one with quotes around it, quotes are doubled, and lines may break. */
const CELL = /(?:"((?:[^"]|"")*)"(?=[,\t\r\n]|$)|([^,\t\r\n]*))(,|\t|\r?\n|\r|$)/y;

/** The rows that are not empty, with the number of the line on which each starts. */
function* rowsOf(text: string): Generator<{ line: number; source: string; cells: Cell[] }> {
  let line = 1;
  let start = 0;
  let cells: Cell[] = [];
  CELL.lastIndex = 0;
  while (start < text.length) {
    const [source = '', quoted, plain = '', end = ''] = CELL.exec(text) ?? [];
    cells.push({
      source: source.slice(0, source.length - end.length).trim(),
      value: (quoted?.replaceAll('""', '"') ?? plain).trim(),
    });
    if (end === ',' || end === '\t') continue;
    const row = text.slice(start, CELL.lastIndex);
    if (row.trim() !== '') yield { line, source: row.trim(), cells };
    line += row.split('\n').length - 1;
    start = CELL.lastIndex;
    cells = [];
  }
}

/** The targets that the pasted texts of a form are together. */
export function targetsOf({ appids = '', overrides = '' }: PastedTexts): Override[] {
  const listed = pastedAppids(appids).appids.map((appid) => ({ appid, extPatchJson: '', wave: 0 }));
  const all = [...listed, ...pastedOverrides(overrides).overrides];
  return [...new Map(all.map((target) => [target.appid, target])).values()];
}

export interface PastedTexts {
  appids?: string | undefined;
  overrides?: string | undefined;
}
