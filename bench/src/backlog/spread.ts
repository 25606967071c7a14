import { quantiles, round } from '../numbers.js';
import type { Spread } from './result.js';

/** The middle, the 99th percentile and the largest; NaN becomes null in JSON. */
export function spreadOf(values: number[]): Spread {
  const { p50, p99 } = quantiles(values);
  return {
    p50,
    p99,
    most: round(
      values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
      2,
    ),
  };
}
