/** The mini-programs that a caller may see: appids, and prefixes followed by `*`; or all. */
export interface Visible {
  allow: readonly string[] | 'all';
  /** Exceptions to `allow`, in the same form. */
  deny: readonly string[];
}

/** A page of a list of mini-programs in the order of appids; the last appid of a page starts the next. */
export interface AppidPage {
  /** Only those that have all of these. */
  labels?: string[];
  /** Only those whose appid, name or labels contain this text. */
  search?: string;
  /** Only those after this one. */
  afterAppid?: string;
  /** Only those that the caller may see. */
  visible?: Visible;
  limit: number;
}

/** A page of a caller that may see only a part of the mini-programs is found among this many rows, or returned short. */
export const MAX_EXAMINED = 20_000;

/** Whether a caller may see only a part of the mini-programs. */
export function isLimited(visible: Visible | undefined): visible is Visible {
  return visible !== undefined && (visible.allow !== 'all' || visible.deny.length > 0);
}

/** The SQL condition that a caller may see the mini-program of `column`. @param bind adds a parameter, returns its placeholder. */
export function whereVisible(
  column: string,
  visible: Visible | undefined,
  bind: (value: unknown) => string,
): string {
  if (!isLimited(visible)) return 'true';
  const { allow, deny } = visible;
  const allowed = allow === 'all' ? [] : [matches(column, allow, bind)];
  const denied = deny.length === 0 ? [] : [`not ${matches(column, deny, bind)}`];
  return [...allowed, ...denied].join(' and ');
}

function matches(column: string, patterns: readonly string[], bind: (value: unknown) => string): string {
  const isPrefix = (pattern: string) => pattern.endsWith('*');
  const exact = patterns.filter((pattern) => !isPrefix(pattern));
  const prefixes = patterns.filter(isPrefix).map((pattern) => `${escaped(pattern.slice(0, -1))}%`);
  return `(${column} = any(${bind(exact)}::text[]) or ${column} like any(${bind(prefixes)}::text[]))`;
}

function escaped(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

/**
 * The SQL condition that one of some columns contains a text, whatever its case. No index helps: pg_trgm needs a right that the role of
 * the migrations may lack, and finds no Chinese text in a database with the locale C. @param bind adds a parameter, returns its placeholder.
 */
export function whereContains(
  columns: readonly string[],
  text: string | undefined,
  bind: (value: unknown) => string,
): string {
  if (text === undefined) return 'true';
  // One comparison for all: no text that is searched for has a line break.
  return `strpos(lower(concat_ws(E'\\n', ${columns.join(', ')})), lower(${bind(text)})) > 0`;
}
