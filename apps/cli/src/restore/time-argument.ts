import { UsageError } from '../exit-codes.js';

/** An instant with a time zone, as in `2026-03-01T12:00:00Z`. */
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** The time that an option gives. Throws a UsageError that names the option if it is not an instant, or is in the future. */
export function pastTimeOf(option: string, text: string, now = Date.now()): Date {
  const time = new Date(text.replace(' ', 'T'));
  if (!INSTANT.test(text) || Number.isNaN(time.getTime()))
    throw new UsageError(`${option} must be a time with a zone, as in 2026-03-01T12:00:00Z: ${text}`);
  if (time.getTime() > now) throw new UsageError(`${option} must not be in the future: ${text}`);
  return time;
}
