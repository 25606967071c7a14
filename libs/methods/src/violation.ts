/** One invalid field. */
export interface Violation {
  /** Its path, for example `items[0].tag`. */
  field: string;
  /** The limit, and what the request has. */
  description: string;
}

const MAX_NAME = 40;
const MAX_PATH = 200;

/** A place in a request, from the inside out: its text is made only if it has a violation. */
export interface FieldPath {
  within?: FieldPath | undefined;
  /** Of a field or of a member of a Struct; a number in a list. */
  name: string | number;
}

/** The text of a path, for example `items[0].tag`. */
export function pathText(path: FieldPath): string {
  const names: string[] = [];
  for (let at: FieldPath | undefined = path; at !== undefined; at = at.within) names.unshift(textOf(at));
  return cut(names.join(''), MAX_PATH);
}

function textOf({ within, name }: FieldPath): string {
  if (typeof name === 'number') return `[${name}]`;
  return `${within === undefined ? '' : '.'}${cut(name, MAX_NAME).replaceAll('\u0000', '\\u0000')}`;
}

/** At most so many code points. Half a surrogate pair becomes U+FFFD: grpc-js throws on it where nothing catches. */
export function cut(text: string, max: number): string {
  const characters = [...Buffer.from(text.slice(0, max * 2 + 1)).toString()];
  if (characters.length > max) characters.splice(max - 1, Infinity, '…');
  return characters.join('');
}
