/** One invalid field. */
export interface Violation {
  /** Path of the field, for example `items[0].tag`. */
  field: string;
  /** The limit and the actual value. */
  description: string;
}

const MAX_NAME = 40;
const MAX_PATH = 200;

/** Path of a field in a request, from the inside out. Its text is built only if a violation is reported. */
export interface FieldPath {
  within?: FieldPath | undefined;
  /** Name of a field or Struct member, or the index of a list element. */
  name: string | number;
}

/** The path as text, for example `items[0].tag`. */
export function pathText(path: FieldPath): string {
  const names: string[] = [];
  for (let at: FieldPath | undefined = path; at !== undefined; at = at.within) names.unshift(textOf(at));
  return cut(names.join(''), MAX_PATH);
}

function textOf({ within, name }: FieldPath): string {
  if (typeof name === 'number') return `[${name}]`;
  return `${within === undefined ? '' : '.'}${cut(name, MAX_NAME).replaceAll('\u0000', '\\u0000')}`;
}

/**
 * Cuts a text to `max` code points. Lone surrogates become U+FFFD: grpc-js throws on them, and nothing catches that.
 */
export function cut(text: string, max: number): string {
  const characters = [...Buffer.from(text.slice(0, max * 2 + 1)).toString()];
  if (characters.length > max) characters.splice(max - 1, Infinity, '…');
  return characters.join('');
}
