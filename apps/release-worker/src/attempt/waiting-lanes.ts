import type { LaneEntry } from '../lanes/lane-entry.js';
import { nextApi } from './preflight.js';

/** A wait that counts as long. */
const LONG_MS = 1_000;

/** By API: how many of the heads of lanes have waited for their mini-program's rate limit for more than a second. */
export function waitingForAppid(heads: Iterable<LaneEntry>, now = performance.now()): Map<string, number> {
  const waiting = new Map<string, number>();
  for (const head of heads) {
    if (head.state.kind !== 'throttled') continue;
    const { forAppid = now, dueSince = now } = head.state.wait;
    if (forAppid <= now || now - dueSince <= LONG_MS) continue;
    const api = nextApi(head);
    waiting.set(api, (waiting.get(api) ?? 0) + 1);
  }
  return waiting;
}
