import { type OperationError, RolloutHold } from '@wxa/contracts';
import type { JournalEntry } from '../rows/journal.js';

/** The targets in `latest` of WatchRollout. */
export const LATEST = 20;

export function holdEntry(type: 'HELD' | 'HOLD_CLEARED', hold: RolloutHold): JournalEntry {
  return { type, reason: hold.detail, args: { hold: RolloutHold.toJSON(hold) } };
}

/** The pause of a platform error, in one sentence. */
export function sentenceOf(error: OperationError): string {
  const { errcode, errmsg, reason, hint } = error;
  const what = errcode === 0 ? reason : `WeChat refused with ${errcode}`;
  return [`${what}: ${errmsg}`, hint].filter((text) => text !== '').join('; ');
}

export function earliest(...times: (Date | null)[]): Date | null {
  const all = times.filter((time) => time !== null).map((time) => time.getTime());
  return all.length === 0 ? null : new Date(Math.min(...all));
}

/** Whether two values have the same JSON. */
export const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The positions of the targets that moved last, newest first, with those of the turns before. */
export function latestOf(moved: readonly number[], before: readonly number[]): number[] {
  return [...new Set([...moved, ...before])].slice(0, LATEST);
}
