import { parse, parseNumberAndBigInt, stringify } from 'lossless-json';

export type JsonObject = Record<string, unknown>;

/** The JSON object of a body, with integers as bigint so that no id is rounded; undefined if it is not an object. */
export function parseObject(body: Uint8Array): JsonObject | undefined {
  const json = new TextDecoder().decode(body);
  // An image has no control characters to escape, and may be large.
  return object(parsed(json) ?? (/^\s*\{/.test(json) ? parsed(escapeControls(json)) : undefined));
}

function parsed(json: string): unknown {
  try {
    return parse(json, undefined, { parseNumber: parseNumberAndBigInt });
  } catch {
    return undefined;
  }
}

/** WeChat does not escape the control characters in texts of users, such as nicknames; JSON forbids them in a string. */
function escapeControls(json: string): string {
  let isInString = false;
  return json.replace(/\\.|["\p{Cc}]/gsu, (found) => {
    if (found === '"') isInString = !isInString;
    return isInString && found < ' ' ? JSON.stringify(found).slice(1, -1) : found;
  });
}

/** Bigints become JSON numbers with all digits; undefined values are omitted. */
export function formatObject(value: JsonObject): string {
  return stringify(value) ?? '{}';
}

export function object(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

/** The objects of an array; undefined if it is not an array. */
export function objects(value: unknown): JsonObject[] | undefined {
  return Array.isArray(value) ? value.map(object).filter((entry) => entry !== undefined) : undefined;
}

/**
 * A string, or a number as a string; anything else is empty. A lone surrogate (a truncated emoji, which JSON can contain)
 * becomes U+FFFD, because it cannot be encoded in UTF-8.
 */
export function text(value: unknown): string {
  if (typeof value === 'string') return Buffer.from(value).toString();
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : '';
}

/** The texts of an array; empty if it is not an array. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(text) : [];
}

/** A 64-bit integer, which WeChat returns as a number or as a string of digits. */
export function integer(value: unknown): bigint | undefined {
  const whole = typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : value;
  return typeof whole === 'bigint' && BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

/** Returns a 32-bit integer; 0 if the value is none. */
export function int32(value: unknown): number {
  const whole = Math.trunc(decimal(value));
  return whole === (whole | 0) ? whole : 0;
}

/** A number that may have a fraction; 0 if it is none. */
export function decimal(value: unknown): number {
  const number = Number(text(value));
  return Number.isFinite(number) ? number : 0;
}

/** Unix seconds; undefined if missing or 0, which WeChat returns for "never". */
export function instant(value: unknown): Date | undefined {
  const date = new Date(Number(integer(value) ?? 0) * 1000);
  return date.getTime() > 0 ? date : undefined;
}

export function flag(value: unknown): boolean {
  return value === true || value === 'true' || integer(value) === 1n;
}

/** Whether the response has errcode 0; some responses with data have no errcode. */
export function saysOk(answer: JsonObject): boolean {
  return integer(answer.errcode) === 0n;
}

/** A call without result data has this value. */
export type Done = Record<string, never>;

/** Reads the response `{"errcode":0}`. Without an errcode it is unknown whether the call was executed. */
export function readDone(answer: JsonObject): Done | undefined {
  return saysOk(answer) ? {} : undefined;
}

/** The ids of the permission sets of an authorization. */
export function readPermissionSets({ func_info }: JsonObject): number[] {
  const ids = objects(func_info)?.map((entry) => int32(object(entry.funcscope_category)?.id)) ?? [];
  return [...new Set(ids.filter((id) => id > 0))];
}

/** WeChat returns seconds. */
