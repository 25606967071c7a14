import type { Quantiles } from './results.js';

export function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** To so many digits behind the point. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export function quantiles(values: number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN, 2);
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
