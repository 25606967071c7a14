import { parse, parseNumberAndBigInt, stringify } from 'lossless-json';

export type JsonObject = Record<string, unknown>;

/** The JSON object in a body, integers as bigint so that no id is rounded; undefined where there is none. */
export function parseObject(body: Uint8Array): JsonObject | undefined {
  try {
    return object(parse(new TextDecoder().decode(body), undefined, { parseNumber: parseNumberAndBigInt }));
  } catch {
    return undefined;
  }
}

/** Bigints become JSON numbers with all their digits; what is undefined is left out. */
export function formatObject(value: JsonObject): string {
  return stringify(value) ?? '{}';
}

export function object(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

/** The objects of an array, or undefined where there is no array. */
export function objects(value: unknown): JsonObject[] | undefined {
  return Array.isArray(value) ? value.map(object).filter((entry) => entry !== undefined) : undefined;
}

/**
 * A string, or a number as a string; anything else is empty. Half a surrogate pair (a cut-off emoji, which JSON can
 * write) becomes U+FFFD: nothing that takes UTF-8 takes it.
 */
export function text(value: unknown): string {
  if (typeof value === 'string') return Buffer.from(value).toString();
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : '';
}

/** The texts of an array; none where there is no array. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

/** A whole number of 64 bits, which WeChat gives as a number or as a string of digits. */
export function integer(value: unknown): bigint | undefined {
  const whole = typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : value;
  return typeof whole === 'bigint' && BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

/** A whole number of 32 bits, 0 where there is none. */
export function int32(value: unknown): number {
  const whole = Math.trunc(decimal(value));
  return whole === (whole | 0) ? whole : 0;
}

/** A number that may have a fraction, 0 where there is none. */
export function decimal(value: unknown): number {
  const number = Number(text(value));
  return Number.isFinite(number) ? number : 0;
}

/** Unix seconds; undefined where there are none or 0, which WeChat gives for "never". */
export function instant(value: unknown): Date | undefined {
  const date = new Date(Number(integer(value) ?? 0) * 1000);
  return date.getTime() > 0 ? date : undefined;
}

export function flag(value: unknown): boolean {
  return value === true || value === 'true' || integer(value) === 1n;
}

/** True where the answer says in so many words that all went well; some answers with data do not. */
export function saysOk(answer: JsonObject): boolean {
  return integer(answer.errcode) === 0n;
}
