import type { Duration } from '@wxa/contracts';
import { formatTime } from '../text/format-time.js';
import type { TextKey } from '../text/text.js';
import type { Look } from '../visit/visit.js';

const exact = (visit: Look, at: Date) =>
  `${formatTime(at, visit.timeZone)} ${visit.timeZone} · ${at.toISOString()}`;

/** An instant in the visitor's time zone, exact on hover; with `clock`, only its time of day. Nothing without a date. */
export function Time({ visit, at, clock = false }: { visit: Look; at: Date | undefined; clock?: boolean }) {
  if (at === undefined) return null;
  const full = formatTime(at, visit.timeZone);
  const isThisYear = full.slice(0, 4) === formatTime(new Date(), visit.timeZone).slice(0, 4);
  return (
    <time datetime={at.toISOString()} title={exact(visit, at)}>
      {clock ? full.slice('YYYY-MM-DD '.length) : full.slice(isThisYear ? 'YYYY-'.length : 0, -':ss'.length)}
    </time>
  );
}

/** How long ago an instant was, exact on hover. Nothing without a date. */
export function Age({ visit, since }: { visit: Look; since: Date | undefined }) {
  if (since === undefined) return null;
  return (
    <time datetime={since.toISOString()} title={exact(visit, since)}>
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
