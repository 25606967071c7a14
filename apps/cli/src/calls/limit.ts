import { UsageError } from '../exit-codes.js';

const LIMIT = 50;
const MAX_LIMIT = 100_000;

/** The limit of a list. Throws UsageError. */
export function limitOf(text: string | undefined): number {
  if (text === undefined) return LIMIT;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw new UsageError(`--limit must be 1 to ${MAX_LIMIT}: ${text}`);
  return limit;
}
