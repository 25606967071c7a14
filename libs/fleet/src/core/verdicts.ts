import type { ItemState, Judged, Party } from './item.js';

/** Verdicts, each with a sentence in English and the same in Chinese. */
export const is = (state: ItemState, detail = '', detailZh = ''): Judged => ({ state, detail, detailZh });
export const missing = (acts: Party, detail: string, detailZh: string): Judged => ({
  ...{ state: 'MISSING', acts, detail, detailZh },
});
export const pending = (acts: Party, detail: string, detailZh: string): Judged => ({
  ...{ state: 'PENDING', acts, detail, detailZh },
});

export const OK = is('OK');
export const NOT_NEEDED = is('NOT_NEEDED');
export const NOT_READ = is('UNKNOWN', 'It was not read yet.', '尚未读取。');

/** A detail stays one sentence: at most 10 names. */
export function listed(names: readonly string[], comma = ', '): string {
  const shown = [...new Set(names)];
  return shown.length > 10 ? `${shown.slice(0, 10).join(comma)}…` : shown.join(comma);
}
