/** Writes a figure of a long form, for docs/adoption.md. */
export function show(what: string, figure: number | string): void {
  const text = typeof figure === 'number' ? String(Math.round(figure * 100) / 100) : figure;
  process.stdout.write(`${what}: ${text}\n`);
}

/** A percentile of numbers, 0 of none. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** "p50 3 ms, p99 20 ms, maximum 40 ms". */
export function spread(ms: readonly number[]): string {
  const of = (share: number) => Math.round(percentile(ms, share) * 10) / 10;
  return `p50 ${of(0.5)} ms, p99 ${of(0.99)} ms, maximum ${of(1)} ms`;
}
