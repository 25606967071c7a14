/** There are about 600 names of time zones, but each may be written in any case. */
const MAX_KEPT = 1_000;
/** A formatter takes long to make, and memory that the garbage collector does not see. */
const kept = new Map<string, Intl.DateTimeFormat>();

/** An instant in a time zone, as `2026-11-27 23:56:31`. Throws a RangeError if the zone is unknown. */
export function formatTime(at: Date, timeZone: string): string {
  const known = kept.get(timeZone);
  if (known !== undefined) return known.format(at);
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(timeZone, format);
  return format.format(at);
}
