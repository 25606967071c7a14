import { type TextKey, t } from '../../text/text.js';

/** The sentences whose number `n` is not 0. */
export function useCounted(): (numbers: Partial<Record<TextKey, number | undefined>>) => string[] {
  return (numbers) => Object.entries(numbers).flatMap(([key, n]) => (n ? [t(key as TextKey, { n })] : []));
}
