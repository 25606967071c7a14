import { cut, type Violation } from './violation.js';

/** Says what is wrong with a value, or nothing. */
export type Check<V> = (value: V) => string | undefined;

/** Finds every fault of a request. */
export type Rule<T> = (request: T) => Iterable<Violation>;

/** A rule: one violation for each check that a field does not pass. */
export function field<T, V>(name: string, get: (request: T) => V, ...checks: Check<V>[]): Rule<T> {
  return (request) => {
    const value = get(request);
    return checks.flatMap((check) => {
      const description = check(value);
      return description === undefined ? [] : [{ field: name, description }];
    });
  };
}

/** An answer holds some dozens of violations; of a request with millions of faults, no more than these are kept. */
export const MAX_VIOLATIONS = 100;

/** What several rules find, up to 100 violations. */
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
 * The rules of each element of a list, their fields prefixed as in `items[0].title`, or `scenes[0]` where they have no
 * name.
 * @param max the list's maximum: elements beyond it are not looked at.
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

/** Characters as people count them: code points. */
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

/** No control characters: for a text of one line. */
export const oneLine: Check<string> = (text) => controlIn(text, /\p{Cc}/u);

/** Line breaks and tabs, but no other control characters: for a text of many lines. */
export const manyLines: Check<string> = (text) => controlIn(text, /[^\P{Cc}\t\n\r]/u);

function controlIn(text: string, pattern: RegExp): string | undefined {
  const found = pattern.exec(text)?.[0];
  if (found === undefined) return undefined;
  const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `must have no control characters, has U+${code}`;
}

/** A text of a form; `form` says which. */
export const matches =
  (pattern: RegExp, form: string): Check<string> =>
  (text) =>
    pattern.test(text) ? undefined : `must be ${form}, is ${quote(text)}`;

export const optional =
  (check: Check<string>): Check<string> =>
  (text) =>
    text === '' ? undefined : check(text);

/** A whole number of at least `min`, and of at most `max` where given. */
export function number<N extends number | bigint>(min: NoInfer<N>, max?: NoInfer<N>): Check<N> {
  return (value) => {
    if (value >= min && (max === undefined || value <= max)) return undefined;
    return `must be ${max === undefined ? `at least ${min}` : `${min} to ${max}`}, is ${value}`;
  };
}

/** A field whose absence is not its default value. */
export const given =
  <V>(check: Check<V>): Check<V | undefined> =>
  (value) =>
    value === undefined ? 'required' : check(value);

/** From `min` to `max` elements. */
export const elements =
  (min: number, max: number): Check<unknown[]> =>
  ({ length }) =>
    length >= min && length <= max ? undefined : `must have ${min} to ${max} elements, has ${length}`;

/** A value of the enum, and not its UNSPECIFIED. */
export const specified: Check<string> = (value) => known(value) ?? unspecified(value);

/** A value of the enum, UNSPECIFIED or not. */
export const known: Check<string> = (value) =>
  value === 'UNRECOGNIZED' ? 'is a number that this version does not know' : undefined;

function unspecified(value: string): string | undefined {
  return value.endsWith('_UNSPECIFIED') ? 'required' : undefined;
}

/** `wx` and 16 lower-case hexadecimal digits. */
export const appid: Check<string> = matches(/^wx[0-9a-f]{16}$/, 'wx and 16 lower-case hexadecimal digits');

/** A UUID in its usual form. */
export const uuid: Check<string> = matches(
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
  'a UUID',
);

function quote(text: string): string {
  return text === '' ? 'empty' : JSON.stringify(cut(text, 40));
}
