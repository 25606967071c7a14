import type { CommitRequest } from '@wxa/contracts';
import { parse as parseWithPosition } from 'lossless-json';
import { cut, type Violation } from '../grpc/status-details.js';

const NOT_AN_OBJECT = 'must be a JSON object, is ';

/** Every fault of a Commit's configuration, in either of its two forms. */
export function extConfigFaults({ extConfig }: CommitRequest): Violation[] {
  if (extConfig === undefined) return [];
  if (extConfig.$case === 'ext') return [...structFaults(extConfig.value, 'ext')];
  const description = textFault(extConfig.value);
  return description === undefined ? [] : [{ field: 'ext_json', description }];
}

function textFault(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return undefined;
    return NOT_AN_OBJECT + nameOf(value);
  } catch {
    return `must be a JSON object: ${positionOfFault(text)}`;
  }
}

/** Node's own messages don't always say where; this parser's do. */
function positionOfFault(text: string): string {
  try {
    parseWithPosition(text);
    return 'is not JSON';
  } catch (error) {
    return cut(error instanceof Error ? error.message : String(error), 120);
  }
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/** What a protobuf Struct can hold and JSON can't. */
function* structFaults(value: unknown, field: string): Generator<Violation> {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    yield { field, description: `must be a number that JSON has, is ${value}` };
  }
  if (value === undefined) yield { field, description: 'has no value' };
  if (Array.isArray(value)) {
    for (const [i, element] of value.entries()) yield* structFaults(element, `${field}[${i}]`);
  } else if (typeof value === 'object' && value !== null) {
    if (Object.getPrototypeOf(value) !== Object.prototype) {
      yield { field, description: 'must not have the name __proto__' };
    }
    for (const [name, member] of Object.entries(value))
      yield* structFaults(member, `${field}.${cut(name, 40)}`);
  }
}
