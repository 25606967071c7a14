import type { Live } from '../core/live.js';
import type { Observed } from '../core/observation.js';
import type { Items } from '../core/readiness.js';

/** The columns that a read or a release changes. */
export interface StoredMiniProgram {
  appid: string;
  liveVersion: string | null;
  liveTemplate: string | null;
  liveAt: Date | null;
  liveSource: Live['source'] | null;
  grayPercent: number;
  observed: Observed;
  readiness: Items;
  tries: number;
  /** When its versions were last read. */
  versionsAt: Date | null;
}

export const COLUMNS = `m.appid, m.live_version as "liveVersion", m.live_template as "liveTemplate", m.live_at as "liveAt",
  m.live_source as "liveSource", m.gray_percent as "grayPercent", m.observed, m.readiness, m.tries,
  m.versions_at as "versionsAt"`;

/** Undefined if none is known. */
export function liveOf({ liveVersion, liveAt, liveSource }: StoredMiniProgram): Live | undefined {
  if (liveVersion === null || liveAt === null || liveSource === null) return undefined;
  return { version: liveVersion, at: liveAt, source: liveSource };
}
