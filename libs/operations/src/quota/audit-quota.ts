import type { ClientBase, Pool } from 'pg';

/** The audit quota as WeChat last reported it. `rest` and `limit` are 0 if WeChat does not know it. */
interface ReportedQuota {
  rest: number;
  limit: number;
  /** Negative after an 89405: none until a later answer has some left. */
  speedupRest: number;
  speedupLimit: number;
  observedAt: Date;
}

/** What submissions and speed-ups of rollouts change in a row of `audit_quota`. */
interface QuotaUse {
  /** Audits that rollouts submitted after the snapshot. */
  submittedSince: number;
  speedupRest: number;
}

/** A row of `audit_quota`; `quota` is null if it was never read, or not since an operator lifted the stop. */
export interface StoredQuota extends QuotaUse {
  quota: ReportedQuota | null;
  /** Whether it was ever read. */
  isRead: boolean;
  /** Whether a worker lifted the stop after an 85085 within the last hour. */
  isJustLifted: boolean;
}

type Row = Omit<StoredQuota, 'quota' | 'isRead'> & {
  rest: number | null;
  limit: number;
  speedupLimit: number;
  observedAt: Date | null;
};

const QUOTA = `select rest, "limit", coalesce(speedup_rest, 0) as "speedupRest", speedup_limit as "speedupLimit",
  observed_at as "observedAt", submitted_since as "submittedSince",
  coalesce(lifted_at > clock_timestamp() - interval '1 hour', false) as "isJustLifted" from audit_quota`;

/** The row of a platform; undefined if there is none. `isLocked`: until the transaction ends. */
export async function quotaOf(
  client: ClientBase,
  platform: string,
  { isLocked }: { isLocked: boolean },
): Promise<StoredQuota | undefined> {
  const [name, lock] = isLocked ? ['lock-audit-quota', 'for update'] : ['read-audit-quota', ''];
  const text = `${QUOTA} where component_appid = $1 ${lock}`;
  const { rows } = await client.query<Row>({ name, text, values: [platform] });
  return rows.map(toQuota)[0];
}

/** The row that was read last, for a process that does not know its platform; undefined if WeChat never answered. */
export async function lastQuota(pool: Pool): Promise<StoredQuota | undefined> {
  const { rows } = await pool.query<Row>(`${QUOTA} where rest is not null order by observed_at desc limit 1`);
  return rows.map(toQuota)[0];
}

function toQuota(row: Row): StoredQuota {
  const { rest, limit, speedupRest, speedupLimit, observedAt, submittedSince, isJustLifted } = row;
  const quota =
    rest === null || observedAt === null ? null : { rest, limit, speedupRest, speedupLimit, observedAt };
  return { quota, isRead: observedAt !== null, submittedSince, speedupRest, isJustLifted };
}

/** Writes a row that is locked. */
export async function writeQuotaUse(client: ClientBase, platform: string, use: QuotaUse): Promise<void> {
  await client.query({
    name: 'write-audit-quota-use',
    text: `update audit_quota set submitted_since = $2, speedup_rest = $3 where component_appid = $1`,
    values: [platform, use.submittedSince, use.speedupRest],
  });
}
