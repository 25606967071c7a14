import { type Problem, problem, type Violation, type ViolationReason } from '@wxa/contracts';

export type { Violation } from '@wxa/contracts';

const MAX_NAME = 40;
const MAX_PATH = 200;

/** The path of a field is linked from the inside out. Its text is built only if a violation is reported. */
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
export type Check<V> = (value: V) => Problem | undefined;

/** Returns the violations of a request. */
export type Rule<T> = (request: T) => Iterable<Violation>;

type RequestOf<Rpc> = Rpc extends { requestSerialize(value: infer Request): unknown } ? Request : never;

/** The rules of the requests of a gRPC service, by its definition. */
export type RulesOf<Service> = {
  readonly [Rpc in keyof Service]: readonly Rule<RequestOf<Service[Rpc]>>[];
};

/** Makes the rule of one field, which reports one violation for each failed check. */
export function field<T, V>(name: string, get: (request: T) => V, ...checks: Check<V>[]): Rule<T> {
  return (request) => {
    const value = get(request);
    return checks.flatMap((check) => {
      const wrong = check(value);
      return wrong === undefined ? [] : [{ ...wrong, field: name }];
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
      for (const violation of violationsBy(rules, element))
        yield { ...violation, field: `${name}[${i}]${violation.field && `.${violation.field}`}` };
    }
  };
}

/** Applies rules to the message in a field, if it is set. Fields get a prefix, as in `owner.phone`. */
export function within<T, E>(name: string, get: (request: T) => E | undefined, ...rules: Rule<E>[]): Rule<T> {
  return function* (request) {
    const value = get(request);
    if (value === undefined) return;
    for (const violation of violationsBy(rules, value))
      yield { ...violation, field: `${name}${violation.field && `.${violation.field}`}` };
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
    const actual = countCharacters(text);
    if (actual >= min && actual <= max) return undefined;
    if (actual === 0) return problem('TEXT_REQUIRED', { min, max });
    return min === 0
      ? problem('TEXT_TOO_LONG', { max, actual })
      : problem('TEXT_LENGTH', { min, max, actual });
  };

/** At most `max` bytes in UTF-8. */
export const bytes =
  (max: number): Check<string> =>
  (text) => {
    const actual = Buffer.byteLength(text);
    return actual <= max ? undefined : problem('TOO_MANY_BYTES', { max, actual });
  };

export const required: Check<string> = (text) => (text === '' ? problem('REQUIRED') : undefined);

/** A single-line text has no control characters. */
export const oneLine: Check<string> = (text) => characterIn(text, /\p{Cc}/u, 'CONTROL_CHARACTER');

/** A multi-line text has no control characters except line breaks and tabs. */
export const manyLines: Check<string> = (text) => characterIn(text, /[^\P{Cc}\t\n\r]/u, 'CONTROL_CHARACTER');

/** A text that people decide by has no character that reverses or hides others. */
export const noFormat: Check<string> = (text) => characterIn(text, /\p{Cf}/u, 'FORMAT_CHARACTER');

function characterIn(
  text: string,
  pattern: RegExp,
  reason: 'CONTROL_CHARACTER' | 'FORMAT_CHARACTER',
): Problem | undefined {
  const found = pattern.exec(text)?.[0];
  if (found === undefined) return undefined;
  const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return problem(reason, { actual: `U+${code}` });
}

type ReasonOfForm = Extract<
  ViolationReason,
  'NOT_AN_APPID' | 'NOT_A_NUMBER' | 'REQUEST_ID_INVALID' | 'REQUEST_ID_RESERVED'
>;

/** A text that matches `pattern`. @param reason that of every other text. */
export const matches =
  (pattern: RegExp, reason: ReasonOfForm): Check<string> =>
  (text) =>
    pattern.test(text) ? undefined : problem(reason, { actual: quote(text) });

export const optional =
  (check: Check<string>): Check<string> =>
  (text) =>
    text === '' ? undefined : check(text);

/** The number is from `min` to `max`; without `max` there is no upper limit. */
export function number<N extends number | bigint>(min: NoInfer<N>, max?: NoInfer<N>): Check<N> {
  return (value) => {
    if (value >= min && (max === undefined || value <= max)) return undefined;
    return max === undefined
      ? problem('NUMBER_TOO_LOW', { min, actual: value })
      : problem('NUMBER_OUT_OF_RANGE', { min, max, actual: value });
  };
}

/** A required field that distinguishes absence from its default value. */
export const given =
  <V>(check: Check<V>): Check<V | undefined> =>
  (value) =>
    value === undefined ? problem('REQUIRED') : check(value);

/** A required message or oneof. */
export const present: Check<unknown> = (value) => (value === undefined ? problem('REQUIRED') : undefined);

/** From `min` to `max` elements. */
export const elements =
  (min: number, max: number): Check<unknown[]> =>
  ({ length: actual }) =>
    actual >= min && actual <= max ? undefined : problem('LIST_LENGTH', { min, max, actual });

/** The value of the enum is known and is not UNSPECIFIED. */
export const specified: Check<string> = (value) => known(value) ?? unspecified(value);

/** The value of the enum is known or is UNSPECIFIED. */
export const known: Check<string> = (value) =>
  value === 'UNRECOGNIZED' ? problem('ENUM_VALUE_UNKNOWN') : undefined;

function unspecified(value: string): Problem | undefined {
  return value.endsWith('_UNSPECIFIED') ? problem('REQUIRED') : undefined;
}

/** `wx` and 16 lower-case hexadecimal digits. */
export const appid: Check<string> = matches(/^wx[0-9a-f]{16}$/, 'NOT_AN_APPID');

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID in its standard form. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function quote(text: string): string {
  return text === '' ? 'empty' : JSON.stringify(cut(text, 40));
}
