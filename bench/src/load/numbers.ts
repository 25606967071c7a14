import type { Quantiles } from '../results.js';

export function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Rounds to `digits` decimal places. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The median and the range. */
export function spread(values: number[]): { median: number; min: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return { median: (lower + upper) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

export function median(values: number[]): number {
  return spread(values).median;
}

export function quantiles(values: number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN, 2);
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
