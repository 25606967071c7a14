import type { RolloutWave } from '@wxa/contracts';

/** How one wave takes its targets from those without a wave, by position. */
export type WaveSize = { by: 'count'; targets: number } | { by: 'label'; label: string } | { by: 'rest' };

/**
 * The sizes of the waves in order, for the statement that assigns them: percentages are rounded up to numbers. A number is
 * the most that a wave takes: earlier waves may have taken the targets. Targets that no wave takes belong to the last one.
 * @param targets the number of targets without an explicit wave.
 */
export function waveSizes(waves: readonly RolloutWave[], targets: number): WaveSize[] {
  if (waves.length === 0) return [{ by: 'rest' }];
  return waves.map(({ size }): WaveSize => {
    switch (size?.$case) {
      case 'count':
        return { by: 'count', targets: size.value };
      case 'percent':
        return { by: 'count', targets: Math.ceil((targets * size.value) / 100) };
      case 'label':
        return { by: 'label', label: size.value };
      default:
        return { by: 'rest' };
    }
  });
}
