/** Limits of in-flight records. When one is reached, nothing more is read until half of it is done. */
export interface OpenLimits {
  /** Over all partitions. */
  records: number;
  bytes: number;
  /** How far the newest record of one partition may be ahead of its lowest one in flight. */
  commitGap: number;
}

// The receiver delays records in Postgres long before; these limits apply while Postgres is unavailable.
export const LIMITS: OpenLimits = { records: 60_000, bytes: 32 * 1024 * 1024, commitGap: 200_000 };
