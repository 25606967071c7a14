import { parse, stringify } from 'lossless-json';

/**
 * Parses JSON without rounding: an integer that a double cannot represent becomes a bigint. The slow exact
 * parser runs only if the text has sixteen digits in a row. Throws SyntaxError.
 */
export function parseExact(text: string): unknown {
  return /\d{16}/.test(text) ? parse(text, null, exactNumber) : JSON.parse(text);
}

function exactNumber(digits: string): number | bigint {
  const number = Number(digits);
  return /^-?\d+$/.test(digits) && !Number.isSafeInteger(number) ? BigInt(digits) : number;
}

/** Writes JSON with bigints as plain digits. */
export function stringifyExact(value: unknown): string {
  return stringify(value) ?? 'null';
}
