import type { VersionInfo } from '@wxa/contracts';

/** The live version of a mini-program, as it is known here. */
export interface Live {
  version: string;
  /** When it was released. */
  at: Date;
  source: 'OWN' | 'OBSERVED';
}

/** WeChat's reads lag behind its changes: until then one that shows another version than our own release proves nothing. */
const READS_LAG_MS = 5 * 60_000;

/**
 * The live version after a read. The observed version wins, unless the last own release is so recent that the read may
 * not show it yet.
 */
export function liveAfter(
  before: Live | undefined,
  observed: VersionInfo | undefined,
  readAt: Date,
): Live | undefined {
  const mayLag = before?.source === 'OWN' && readAt.getTime() - before.at.getTime() < READS_LAG_MS;
  if (observed === undefined) return mayLag ? before : undefined;
  const { version, time: at = readAt } = observed;
  if (before?.version === version && !isLater(at, before)) return before;
  return mayLag && before.version !== version ? before : { version, at, source: 'OBSERVED' };
}

/** Whether the same name was released again, for example by hand: WeChat's time of our own release is close to ours. */
function isLater(at: Date, before: Live): boolean {
  return at.getTime() - before.at.getTime() > READS_LAG_MS;
}
