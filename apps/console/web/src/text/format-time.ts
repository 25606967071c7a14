const exact = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
const DAY_MS = 86_400_000;

/** An instant in the browser's time zone, as `2026-11-27 23:56:31`. */
export function formatExact(at: Date): string {
  return exact.format(at);
}

/** The same as short as it is clear: `09:54` with `today` or `yesterday` before it, `11-27 09:54` of this year, else with the year. */
export function formatShort(at: Date, words: { today: string; yesterday: string }, now = new Date()): string {
  const [day = '', clock = ''] = exact.format(at).split(' ');
  const time = clock.slice(0, 'HH:MM'.length);
  const dayOf = (instant: number) => exact.format(instant).split(' ')[0];
  if (day === dayOf(now.getTime())) return `${words.today} ${time}`;
  if (day === dayOf(now.getTime() - DAY_MS)) return `${words.yesterday} ${time}`;
  return day.slice(0, 4) === dayOf(now.getTime())?.slice(0, 4) ? `${day.slice(5)} ${time}` : `${day} ${time}`;
}

/** Seconds of a google.protobuf.Duration in JSON, as in `1.5s`. */
export function secondsOf(duration: string): number {
  return Number(duration.replace(/s$/, ''));
}

/** The largest unit in which a duration is at least 2, and how many of it. */
export function roundedDuration(seconds: number): {
  unit: 'days' | 'hours' | 'minutes' | 'seconds';
  n: number;
} {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole >= 2 * 86_400) return { unit: 'days', n: Math.floor(whole / 86_400) };
  if (whole >= 2 * 3_600) return { unit: 'hours', n: Math.floor(whole / 3_600) };
  return whole >= 120 ? { unit: 'minutes', n: Math.floor(whole / 60) } : { unit: 'seconds', n: whole };
}
