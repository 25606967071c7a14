import { inspect, isDeepStrictEqual } from 'node:util';
import { StackError } from '../stack-error.js';

/** Ends the demo with one sentence where something is not what the step expects of it. */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new StackError(`${what}: expected ${shown(expected)}, but got ${shown(actual)}.`);
}

/** The value, where it is there. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new StackError(`${what} is missing.`);
  return value;
}

function shown(value: unknown): string {
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 5 });
}
