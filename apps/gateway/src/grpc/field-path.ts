import { cut } from './status-details.js';

const MAX_NAME = 40;
const MAX_PATH = 200;

/** A place in a request, from the inside out: its text is needed only if there is something to say of it. */
export interface FieldPath {
  within?: FieldPath | undefined;
  /** Of a field or of a member of a Struct; a number in a list. */
  name: string | number;
}

/** As in `items[0].tag`. */
export function pathText(path: FieldPath): string {
  const names: string[] = [];
  for (let at: FieldPath | undefined = path; at !== undefined; at = at.within) names.unshift(textOf(at));
  return cut(names.join(''), MAX_PATH);
}

function textOf({ within, name }: FieldPath): string {
  if (typeof name === 'number') return `[${name}]`;
  return `${within === undefined ? '' : '.'}${cut(name, MAX_NAME).replaceAll('\u0000', '\\u0000')}`;
}
