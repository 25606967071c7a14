import type { CommitRequest } from '@wxa/contracts';
import { parse as parseWithPosition } from 'lossless-json';
import { cut, type FieldPath, pathText, type Violation } from '../violation.js';

const NUL = '\u0000';
const NOT_AN_OBJECT = 'must be a JSON object, is ';

/** Of objects and lists within each other: not every parser of it has no limit of its own. */
const MAX_JSON_LEVELS = 100;
/** As JSON in the request, see accept-operations.ts; a longer text is refused before it is parsed. */
const MAX_JSON_BYTES = 768 * 1024;
/** Parsing it once more for the position of its fault takes some 100 ns a character. */
const MAX_WITH_POSITION = 64 * 1024;

/** Every fault of a Commit's configuration, in either of its two forms. */
export function extConfigFaults({ extConfig }: CommitRequest): Iterable<Violation> {
  if (extConfig === undefined) return [];
  if (extConfig.$case === 'ext') return structFaults(extConfig.value, { name: 'ext' });
  const description = textFault(extConfig.value);
  return description === undefined ? [] : [{ field: 'ext_json', description }];
}

function textFault(text: string): string | undefined {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_JSON_BYTES) return `must be at most ${MAX_JSON_BYTES} bytes, has ${bytes}`;
  if (isDeeperThan(MAX_JSON_LEVELS, text))
    return `must have at most ${MAX_JSON_LEVELS} objects and lists within each other, has more`;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return undefined;
    return NOT_AN_OBJECT + nameOf(value);
  } catch (error) {
    return `must be a JSON object: ${positionOfFault(text, error)}`;
  }
}

/** Whether a text, if it is JSON, has more objects and lists within each other. */
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

/** Node's own messages don't always say where; the other parser's do. */
function positionOfFault(text: string, error: unknown): string {
  if (text.length > MAX_WITH_POSITION) return messageOf(error);
  try {
    parseWithPosition(text);
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

/** What a protobuf Struct can hold and JSON can't; U+0000, which PostgreSQL can't: `->>` fails on the whole request. */
function* structFaults(value: unknown, path: FieldPath): Generator<Violation> {
  const description = valueFault(value);
  if (description !== undefined) yield { field: pathText(path), description };
  if (Array.isArray(value)) {
    for (const [name, element] of value.entries()) yield* structFaults(element, { within: path, name });
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      const inner = { within: path, name };
      if (name.includes(NUL))
        yield { field: pathText(inner), description: 'must have no U+0000 in its name' };
      yield* structFaults(member, inner);
    }
  }
}

function valueFault(value: unknown): string | undefined {
  if (value === undefined) return 'has no value';
  if (typeof value === 'string') return value.includes(NUL) ? 'must have no U+0000' : undefined;
  if (typeof value === 'number' && !Number.isFinite(value))
    return `must be a number that JSON has, is ${value}`;
  return undefined;
}
