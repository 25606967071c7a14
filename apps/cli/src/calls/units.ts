import { UsageError } from '../exit-codes.js';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
/** The longest deadline that gRPC keeps. */
const MAX_MS = 24 * 24 * UNITS.h;

/** The milliseconds of a duration, as in `5m`. Throws UsageError, which names the option. */
export function durationOf(text: string | undefined, fallbackMs: number, option = '--timeout'): number {
  if (text === undefined) return fallbackMs;
  const [, number = '', unit = ''] = /^(\d{1,9})(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS[unit as keyof typeof UNITS] ?? 0);
  if (ms < 1 || ms > MAX_MS)
    throw new UsageError(`${option} must be a duration up to 576h, as in 30s or 5m: ${text}`);
  return ms;
}

const LIMIT = 50;
const MAX_LIMIT = 100_000;

/** The limit of a list. Throws UsageError. */
export function limitOf(text: string | undefined): number {
  if (text === undefined) return LIMIT;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw new UsageError(`--limit must be 1 to ${MAX_LIMIT}: ${text}`);
  return limit;
}
