import type { VersionInfo } from '@wxa/contracts';

/** The live version of a mini-program, as it is known here. */
export interface Live {
  version: string;
  /** When it was released; if it was reverted, when that was. */
  at: Date;
  /** REVERTED: this service has just taken it back, and which version came back is not read yet. */
  source: 'OWN' | 'OBSERVED' | 'REVERTED';
}

/** WeChat's reads lag behind its changes: until then one that shows what was live before our own change proves nothing. */
const READS_LAG_MS = 5 * 60_000;
/** People wait for the version that a revert brought back. */
const AFTER_REVERT_MS = 15_000;
const DAY_MS = 24 * 60 * 60_000;

/**
 * The live version after a read. The observed version wins, unless the last own release or revert is so recent that the read
 * may not show it yet.
 */
export function liveAfter(
  before: Live | undefined,
  observed: VersionInfo | undefined,
  readAt: Date,
): Live | undefined {
  if (before !== undefined && mayLag(before, observed, readAt)) return before;
  if (observed === undefined) return undefined;
  const { version, time: at = readAt } = observed;
  const isKnown = before?.version === version && before.source !== 'REVERTED' && !isLater(at, before);
  return isKnown ? before : { version, at, source: 'OBSERVED' };
}

/** After our own release a read may still show another version, after our own revert the reverted one. */
function mayLag({ version, at, source }: Live, observed: VersionInfo | undefined, readAt: Date): boolean {
  if (source === 'OBSERVED' || readAt.getTime() - at.getTime() >= READS_LAG_MS) return false;
  return (observed?.version === version) === (source === 'REVERTED');
}

/** Whether the same name was released again, for example by hand: WeChat's time of our own release is close to ours. */
function isLater(at: Date, before: Live): boolean {
  return at.getTime() - before.at.getTime() > READS_LAG_MS;
}

/**
 * In how many milliseconds the live version is read again: daily, but soon if a read showed another one. It lagged behind
 * our own release, or somebody else has reverted that. Sooner if it lagged behind our own revert, after which no version is known.
 * @param shown undefined: the read failed.
 */
export function nextLiveRead(
  live: Live | undefined,
  shown: { version: VersionInfo | undefined } | undefined,
): number {
  const isReverted = live?.source === 'REVERTED';
  if (shown === undefined) return isReverted ? READS_LAG_MS : DAY_MS;
  if (isReverted) return AFTER_REVERT_MS;
  return live?.version === shown.version?.version ? DAY_MS : READS_LAG_MS;
}
