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

/** Returns what is wrong with a value; undefined if it is valid. */
export type Check<V> = (value: V) => string | undefined;

/** Returns the violations of a request. */
export type Rule<T> = (request: T) => Iterable<Violation>;

/** A rule for one field: one violation for each failed check. */
export function field<T, V>(name: string, get: (request: T) => V, ...checks: Check<V>[]): Rule<T> {
  return (request) => {
    const value = get(request);
    return checks.flatMap((check) => {
      const description = check(value);
      return description === undefined ? [] : [{ field: name, description }];
    });
  };
}

/** A response has room for some dozens of violations; a request may have millions. */
export const MAX_VIOLATIONS = 100;

/** The violations of several rules, at most 100. */
export function violationsBy<T>(rules: readonly Rule<T>[], request: T): Violation[] {
  const found: Violation[] = [];
  for (const rule of rules) {
    for (const violation of rule(request)) {
      if (found.length === MAX_VIOLATIONS) return found;
      found.push(violation);
    }
  }
  return found;
}

/**
 * Applies rules to each element of a list. Fields get a prefix, as in `items[0].title`, or `scenes[0]` if they have no name.
 * @param max the maximum length of the list: elements beyond it are not checked.
 */
export function each<T, E>(
  name: string,
  get: (request: T) => E[],
  max: number,
  ...rules: Rule<E>[]
): Rule<T> {
  return function* (request) {
    for (const [i, element] of get(request).slice(0, max).entries()) {
      for (const { field, description } of violationsBy(rules, element))
        yield { field: `${name}[${i}]${field && `.${field}`}`, description };
    }
  };
}

/** The number of Unicode code points: a Chinese character or an emoji counts as one. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** From `min` to `max` characters. */
export const characters =
  (min: number, max: number): Check<string> =>
  (text) => {
    const count = countCharacters(text);
    if (count >= min && count <= max) return undefined;
    if (count === 0) return `required: ${min} to ${max} characters`;
    return `must be ${min === 0 ? 'at most' : `${min} to`} ${max} characters, has ${count}`;
  };

export const required: Check<string> = (text) => (text === '' ? 'required' : undefined);

/** For a single-line text: no control characters. */
export const oneLine: Check<string> = (text) => characterIn(text, /\p{Cc}/u, 'control');

/** For a multi-line text: no control characters except line breaks and tabs. */
export const manyLines: Check<string> = (text) => characterIn(text, /[^\P{Cc}\t\n\r]/u, 'control');

/** For a text that people decide by: no character that reverses or hides others. */
export const noFormat: Check<string> = (text) => characterIn(text, /\p{Cf}/u, 'format');

function characterIn(text: string, pattern: RegExp, kind: string): string | undefined {
  const found = pattern.exec(text)?.[0];
  if (found === undefined) return undefined;
  const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `must have no ${kind} characters, has U+${code}`;
}

/** A text that matches `pattern`; `form` describes it. */
export const matches =
  (pattern: RegExp, form: string): Check<string> =>
  (text) =>
    pattern.test(text) ? undefined : `must be ${form}, is ${quote(text)}`;

export const optional =
  (check: Check<string>): Check<string> =>
  (text) =>
    text === '' ? undefined : check(text);

/** A number from `min` to `max`; without `max` there is no upper limit. */
export function number<N extends number | bigint>(min: NoInfer<N>, max?: NoInfer<N>): Check<N> {
  return (value) => {
    if (value >= min && (max === undefined || value <= max)) return undefined;
    return `must be ${max === undefined ? `at least ${min}` : `${min} to ${max}`}, is ${value}`;
  };
}

/** A required field that distinguishes absence from its default value. */
export const given =
  <V>(check: Check<V>): Check<V | undefined> =>
  (value) =>
    value === undefined ? 'required' : check(value);

/** From `min` to `max` elements. */
export const elements =
  (min: number, max: number): Check<unknown[]> =>
  ({ length }) =>
    length >= min && length <= max ? undefined : `must have ${min} to ${max} elements, has ${length}`;

/** A known value of an enum, except UNSPECIFIED. */
export const specified: Check<string> = (value) => known(value) ?? unspecified(value);

/** A known value of an enum, including UNSPECIFIED. */
export const known: Check<string> = (value) =>
  value === 'UNRECOGNIZED' ? 'is an enum number that this version does not support' : undefined;

function unspecified(value: string): string | undefined {
  return value.endsWith('_UNSPECIFIED') ? 'required' : undefined;
}

/** `wx` and 16 lower-case hexadecimal digits. */
export const appid: Check<string> = matches(/^wx[0-9a-f]{16}$/, 'wx and 16 lower-case hexadecimal digits');

/** A UUID in its standard text form. */
export const uuid: Check<string> = matches(
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  'a UUID',
);

function quote(text: string): string {
  return text === '' ? 'empty' : JSON.stringify(cut(text, 40));
}
