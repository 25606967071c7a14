import type { TextKey } from '../text/text.js';
import type { Visit } from '../visit/visit.js';

/** An instant in the visitor's time zone, exact on hover. Nothing without a date. */
export function Time({ visit, at }: { visit: Visit; at: Date | undefined }) {
  if (at === undefined) return null;
  const text = new Intl.DateTimeFormat('sv-SE', {
    timeZone: visit.timeZone,
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    ...(at.getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' }),
  }).format(at);
  return (
    <time datetime={at.toISOString()} title={`${at.toISOString()} (${visit.timeZone})`}>
      {text}
    </time>
  );
}

/** How long ago an instant was, exact on hover. Nothing without a date. */
export function Age({ visit, since }: { visit: Visit; since: Date | undefined }) {
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
export function duration({ t }: Visit, seconds: number): string {
  const whole = Math.max(0, seconds);
  const [, key] = UNITS.find(([from]) => whole >= from) ?? [0, 'age.seconds' as const];
  return t(key, { n: Math.floor(whole / (LENGTHS[key] ?? 1)) });
}
