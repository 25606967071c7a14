import { type Component, mayBeUsed, TOKEN_LIFE } from '@wxa/authorizers';
import type { ClientBase, Pool } from 'pg';
import { IN_FLIGHT, IS_LIVE } from './stored-rollout.js';

/** A stopped API; `byQuota`: because WeChat's quota of it is exhausted. */
export interface TurnStop {
  api: string;
  since: Date;
  until: Date;
  byQuota: boolean;
}

/** The stopped APIs. A lift or another end that this turn does not see starts another turn. */
export async function turnStops(client: ClientBase): Promise<TurnStop[]> {
  const { rows } = await client.query<TurnStop>({
    name: 'turn-stops',
    text: `select api, stopped_at as since, stopped_until as until, stop_errcode is not null as "byQuota" from api_limits
        where stopped_until > clock_timestamp() order by api`,
  });
  return rows;
}

// 3 is the number of SUBMIT_AUDIT.
const OTHERS = `
select coalesce(sum(c.targets), 0)::int as "otherSubmissions"
from rollouts r join rollout_counts c on c.rollout_id = r.id
where r.state ${IS_LIVE} and r.id <> $1 and c.step = 3 and c.targets > 0
  and ${IN_FLIGHT}`;

/** How many submissions of other rollouts are in flight. */
export async function otherSubmissions(client: ClientBase, rolloutId: string): Promise<number> {
  const { rows } = await client.query<{ otherSubmissions: number }>({
    name: 'other-submissions',
    text: OTHERS,
    values: [rolloutId],
  });
  return rows[0]?.otherSubmissions ?? 0;
}

/** How many audits of a rollout are open. */
export async function countOpenAudits(client: ClientBase, id: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>({
    name: 'open-audits-of-rollout',
    text: `select count(*)::int as count from audits where rollout_id = $1 and state = 'OPEN'`,
    values: [id],
  });
  return rows[0]?.count ?? 0;
}

/** When the platform obtained its access token; null if it has none that may be used. */
export async function platformTokenSince(client: ClientBase, platform: string): Promise<Date | null> {
  const { rows } = await client.query<Pick<Component, 'remainingMs' | 'grantedMs'> & { since: Date }>({
    name: 'turn-platform-token',
    text: `select access_token_at as since, ${TOKEN_LIFE} from components
        where appid = $1 and access_token is not null`,
    values: [platform],
  });
  const token = rows[0];
  return token !== undefined && mayBeUsed(token) ? token.since : null;
}

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

/** Makes the row of a platform. */
export async function addQuota(pool: Pool, platform: string): Promise<void> {
  await pool.query('insert into audit_quota (component_appid) values ($1) on conflict do nothing', [
    platform,
  ]);
}

/** In SQL, whether a mini-program, table alias `a`, may be asked for the quota. */
export const MAY_BE_ASKED = `a.state = 'AUTHORIZED' and coalesce(18 = any(a.permission_sets), true)`;

/** Whether any mini-program is authorized, and the error of the last query of this service, proto3 JSON of OperationError. */
export async function quotaReads(
  client: ClientBase,
  platform: string,
): Promise<{ isAnyAuthorized: boolean; error: unknown }> {
  const { rows } = await client.query<{ isAnyAuthorized: boolean; error: unknown }>({
    name: 'audit-quota-reads',
    text: `select exists (select from authorizers a where ${MAY_BE_ASKED}) as "isAnyAuthorized",
      (select o.error from audit_quota q join operations o on o.id = q.operation_id
        where q.component_appid = $1 and o.state = 'FAILED') as error`,
    values: [platform],
  });
  return rows[0] ?? { isAnyAuthorized: true, error: null };
}
