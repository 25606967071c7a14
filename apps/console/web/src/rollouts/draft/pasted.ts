/** A line of a pasted text that is left out, with the number of the line, 1 for the first. */
export interface LeftOut {
  line: number;
  text: string;
}

/** What a pasted list of appids says; nothing of it is lost. */
export interface PastedAppids {
  /** Without duplicates, in their order. */
  appids: string[];
  duplicates: LeftOut[];
  malformed: LeftOut[];
}

const APPID = /^wx[0-9a-f]{16}$/;
/** White space, and what stands between items of lists, in both languages. */
const SEPARATORS = /[\s,;|"'，、；。]+/u;

/** The appids of a pasted text, with any separators. */
export function pastedAppids(text: string): PastedAppids {
  const seen = new Set<string>();
  const duplicates: LeftOut[] = [];
  const malformed: LeftOut[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries())
    for (const item of line.split(SEPARATORS)) {
      if (item === '') continue;
      if (!APPID.test(item)) malformed.push({ line: i + 1, text: item });
      else if (seen.has(item)) duplicates.push({ line: i + 1, text: item });
      else seen.add(item);
    }
  return { appids: [...seen], duplicates, malformed };
}

/** What is set for one mini-program. */
export interface Override {
  line: number;
  appid: string;
  /** A JSON object; empty: none. */
  extPatchJson: string;
  /** 0: none. */
  wave: number;
}

/** What a pasted table says. */
export interface PastedOverrides {
  overrides: Override[];
  duplicates: LeftOut[];
  malformed: LeftOut[];
}

/**
 * The rows of a pasted table: appid, merge patch of ext_json, wave; the last two may be empty or missing. Columns are separated by
 * commas (CSV, RFC 4180) or, as copied from a spreadsheet, by tabs. A patch without quotes around it is understood as well. A first
 * line that does not start with `wx` is a heading.
 */
export function pastedOverrides(text: string): PastedOverrides {
  const overrides = new Map<string, Override>();
  const duplicates: LeftOut[] = [];
  const malformed: LeftOut[] = [];
  for (const { line, source, cells } of rowsOf(text)) {
    const override = overrideOf(line, cells);
    if (override === undefined) {
      if (line > 1 || source.startsWith('wx')) malformed.push({ line, text: source });
    } else if (overrides.has(override.appid)) duplicates.push({ line, text: source });
    else overrides.set(override.appid, override);
  }
  return { overrides: [...overrides.values()], duplicates, malformed };
}

function overrideOf(line: number, [appid, ...others]: Cell[]): Override | undefined {
  const last = others.at(-1)?.value ?? '';
  const hasWave = others.length > 1 && /^\d{0,3}$/.test(last);
  const patch = hasWave ? others.slice(0, -1) : others;
  // Without quotes around it, the commas of a patch have separated it into cells.
  const isPlain = patch[0]?.source.startsWith('{');
  const extPatchJson = patch.map(({ source, value }) => (isPlain ? source : value)).join(',');
  const isValid = APPID.test(appid?.value ?? '') && (extPatchJson === '' || isJsonObject(extPatchJson));
  return isValid
    ? { line, appid: appid?.value ?? '', extPatchJson, wave: hasWave ? Number(last) : 0 }
    : undefined;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
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

/** What the pasted texts of a form say, and the targets that they are together. */
export function readTargets({ appids = '', overrides = '' }: PastedTexts) {
  const list = pastedAppids(appids);
  const table = pastedOverrides(overrides);
  const targets = new Map(list.appids.map((appid) => [appid, { appid, extPatchJson: '', wave: 0 }]));
  for (const { line: _, ...override } of table.overrides) targets.set(override.appid, override);
  return { list, table, targets: [...targets.values()] };
}

export interface PastedTexts {
  appids?: string | undefined;
  overrides?: string | undefined;
}
