import { type Duration, problem } from '@wxa/contracts';
import type { Check } from '@wxa/methods';
import { DAY_MS, millisOf } from '../times.js';

/** A duration from 0 to a number of days. */
export const days =
  (max: number): Check<Duration | undefined> =>
  (duration) => {
    const ms = millisOf(duration);
    return ms >= 0 && ms <= max * DAY_MS
      ? undefined
      : problem('DAYS_OUT_OF_RANGE', { max, actual: ms / 1000 });
  };
