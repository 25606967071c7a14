import { readFileSync } from 'node:fs';
import { UsageError } from '../exit-codes.js';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
/** The longest deadline that gRPC keeps. */
const MAX_MS = 24 * 24 * UNITS.h;

/** The milliseconds of a duration, as in `5m`. Throws UsageError, which names the option. */
export function durationMs(text: string | undefined, fallbackMs: number, option = '--timeout'): number {
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

/** A time with its offset from UTC. Throws UsageError, which names the option. */
export function timeOf(text: string, option: string): Date {
  const time = new Date(/T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? text : Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new UsageError(
      `${option} must be a time with its offset, as in 2027-01-07T09:00:00+08:00: ${text}`,
    );
  return time;
}

/** The text of a file; `-` is standard input. Throws UsageError, which names the option. */
export function textIn(file: string, option: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new UsageError(`${option}: ${(error as Error).message}`);
  }
}

const MAX_REASON = 2_000;

/** A reason for the audit trail. Throws UsageError. */
export function checkedReason(text: string): string {
  if (text.trim() === '') throw new UsageError('--reason is missing');
  if ([...text].length > MAX_REASON) throw new UsageError(`--reason has more than ${MAX_REASON} characters`);
  return text;
}

const MAX_IDS = 1_000;

/** The ids of a command line, null for `--all`. Throws UsageError unless it has one of the two. */
export function idsOrAll(name: string, ids: string[], all = false): string[] | null {
  if (ids.length > 0 === all) throw new UsageError(`give one of ${name}... and --all`);
  if (ids.length > MAX_IDS) throw new UsageError(`more than ${MAX_IDS} ${name}`);
  return all ? null : ids;
}
