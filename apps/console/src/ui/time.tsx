import type { Duration } from '@wxa/contracts';
import type { TextKey } from '../text/text.js';
import type { Look } from '../visit/visit.js';

const YEAR = 'YYYY-'.length;

/** An instant in the visitor's time zone, exact on hover; with `clock`, only its time of day. Nothing without a date. */
export function Time({ visit, at, clock = false }: { visit: Look; at: Date | undefined; clock?: boolean }) {
  if (at === undefined) return null;
  const { timeZone } = visit;
  const format = clock
    ? { timeStyle: 'medium' as const }
    : ({ dateStyle: 'short', timeStyle: 'short' } as const);
  const full = new Intl.DateTimeFormat('sv-SE', { timeZone, ...format }).format(at);
  const isThisYear = at.getFullYear() === new Date().getFullYear();
  const text = isThisYear && !clock ? full.slice(YEAR) : full;
  return (
    <time datetime={at.toISOString()} title={`${at.toISOString()} (${visit.timeZone})`}>
      {text}
    </time>
  );
}

/** How long ago an instant was, exact on hover. Nothing without a date. */
export function Age({ visit, since }: { visit: Look; since: Date | undefined }) {
  if (since === undefined) return null;
  return (
    <time datetime={since.toISOString()} title={`${since.toISOString()}`}>
      {duration(visit, (Date.now() - since.getTime()) / 1000)}
    </time>
  );
}

const UNITS: readonly (readonly [seconds: number, key: TextKey])[] = [
  [2 * 86_400, 'age.days'],
  [2 * 3_600, 'age.hours'],
  [120, 'age.minutes'],
  [0, 'age.seconds'],
];
const LENGTHS: Record<string, number> = {
  'age.days': 86_400,
  'age.hours': 3_600,
  'age.minutes': 60,
  'age.seconds': 1,
};

/** A duration in its largest useful unit, as in "42 min". */
export function duration({ t }: Look, seconds: number): string {
  const whole = Math.max(0, seconds);
  const [, key] = UNITS.find(([from]) => whole >= from) ?? [0, 'age.seconds' as const];
  return t(key, { n: Math.floor(whole / (LENGTHS[key] ?? 1)) });
}

export function secondsOf({ seconds, nanos }: Duration): number {
  return Number(seconds) + nanos / 1e9;
}
