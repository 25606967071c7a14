import type { RolloutWave } from '@wxa/contracts';

/** How one wave takes its targets from those without a wave, by position. */
export type WaveSize = { by: 'count'; targets: number } | { by: 'label'; label: string } | { by: 'rest' };

/**
 * The sizes of the waves in order, for the statement that assigns them: percentages are rounded up to numbers.
 * @param targets the number of targets without an explicit wave.
 */
export function waveSizes(waves: readonly RolloutWave[], targets: number): WaveSize[] {
  throw new Error(`not implemented: ${[waves, targets]}`);
}
