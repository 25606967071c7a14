import { type Problem, problem } from '@wxa/contracts';
import { isLosslessNumber, parse } from 'lossless-json';
import { type Check, cut } from '../checks.js';

/** Maximum nesting of objects and lists: parsers of the stored request may have a limit of their own. */
const MAX_JSON_LEVELS = 100;
/** The limit of a request as JSON (accept-operations.ts). A longer text is rejected before it is parsed. */
const MAX_JSON_BYTES = 768 * 1024;
/** Parsing again to find the position of a syntax error takes about 100 ns per character. */
const MAX_WITH_POSITION = 64 * 1024;

/** What is wrong with the text of a configuration, which is a JSON object of at most `max` bytes. */
export function jsonObjectProblem(text: string, max = MAX_JSON_BYTES): Problem | undefined {
  const actual = Buffer.byteLength(text);
  if (actual > max) return problem('TOO_MANY_BYTES', { max, actual });
  if (isDeeperThan(MAX_JSON_LEVELS, text)) return problem('JSON_NESTED_TOO_DEEPLY', { max: MAX_JSON_LEVELS });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return undefined;
    return problem('JSON_NOT_AN_OBJECT', { actual: nameOf(value) });
  } catch (error) {
    return problem('JSON_SYNTAX', { error: describeSyntaxError(text, error) });
  }
}

/**
 * A JSON object of at most `max` bytes that is merged into others; empty is valid. A member must not be named twice. Commit
 * accepts each merge of valid texts, because it has neither more levels nor more bytes than all of them together.
 */
export const mergeable =
  (max: number): Check<string> =>
  (text) =>
    text === '' ? undefined : (jsonObjectProblem(text, max) ?? exactProblem(text));

function exactProblem(text: string): Problem | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    return problem('JSON_SYNTAX', { error: messageOf(error) });
  }
}

/** Applies a merge patch (RFC 7396) to a value; both as `lossless-json` parses them, so that numbers keep their digits. */
export function applyPatch(value: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const members = new Map(Object.entries(isJsonObject(value) ? value : {}));
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) members.delete(name);
    else members.set(name, applyPatch(members.get(name), change));
  }
  return Object.fromEntries(members);
}

export const isJsonObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isLosslessNumber(value);

/** Whether a text, if it is JSON, has more than `levels` levels of nested objects and lists. */
function isDeeperThan(levels: number, text: string): boolean {
  let open = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') inString = !inString;
    else if (inString) i += character === '\\' ? 1 : 0;
    else if (character === '[' || character === '{') open += 1;
    else if (character === ']' || character === '}') open -= 1;
    if (open > levels) return true;
  }
  return false;
}

/** Node's error messages do not always contain the position; those of the other parser do. */
function describeSyntaxError(text: string, error: unknown): string {
  if (text.length > MAX_WITH_POSITION) return messageOf(error);
  try {
    parse(text);
    return 'is not JSON';
  } catch (positioned) {
    return messageOf(positioned);
  }
}

function messageOf(error: unknown): string {
  return cut(error instanceof Error ? error.message : String(error), 120);
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/** The JSON pointers at which a document has no value. */
export function missingPointers(document: unknown, pointers: readonly string[]): string[] {
  return pointers.filter((pointer) => valueAt(document, pointer) === undefined);
}

/** The value at a JSON pointer (RFC 6901); undefined if there is none, or null. */
function valueAt(document: unknown, pointer: string): unknown {
  const names = pointer.split('/').slice(1);
  return names.reduce(memberOf, document) ?? undefined;
}

function memberOf(value: unknown, escaped: string): unknown {
  if (typeof value !== 'object' || value === null || isLosslessNumber(value)) return undefined;
  const name = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(name) ? value[Number(name)] : undefined;
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}
