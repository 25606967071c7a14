import type { Items } from './readiness.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** After so many reads in vain the doubling has reached a day. */
const MAX_TRIES = 5;

/** When a mini-program is read next, and how many reads in vain there were. */
export interface NextRead {
  inMs: number;
  tries: number;
}

/**
 * An item that waits for its owner or for WeChat, and one that could not be read, is read again after 1 hour, doubling to
 * 1 day; an interface in review after 30 minutes; all others weekly.
 * @param tries 0 if an item has changed. @param random spreads the weekly reads: mini-programs are imported in one go.
 */
export function nextRead(items: Items, tries: number, random = Math.random()): NextRead {
  const all = Object.values(items);
  if (items.PRIVACY_INTERFACES?.acts === 'WECHAT') return { inMs: 30 * MINUTE_MS, tries };
  const waits = all.some(({ acts }) => acts === 'OWNER' || acts === 'WECHAT');
  const failed = all.some(({ state, at }) => state === 'UNKNOWN' && at !== undefined);
  if (!waits && !failed) return { inMs: 7 * DAY_MS * (0.9 + 0.1 * random), tries: 0 };
  return { inMs: Math.min(HOUR_MS * 2 ** tries, DAY_MS), tries: Math.min(tries + 1, MAX_TRIES) };
}
