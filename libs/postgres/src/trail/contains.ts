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
