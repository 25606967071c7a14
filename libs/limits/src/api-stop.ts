import { type Statements, storable } from '@wxa/postgres';
import { type Actor, type RecordEntry, type Recording, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';

// WeChat's quotas follow the months of China (UTC+8). Its clock may be behind ours: if a quota is exhausted in the first
// hour of a month, it may still be that of the old month, so the API is tried again after 10 minutes.
// Not clock_timestamp(): only a value that is constant during a statement can be looked up in an index.
/** When WeChat's month began. */
export const MONTH = `date_trunc('month', statement_timestamp() at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai'`;
const NEXT_MONTH = `(date_trunc('month', clock_timestamp() at time zone 'Asia/Shanghai') + interval '1 month')
  at time zone 'Asia/Shanghai' + interval '1 minute'`;

/** When a quota that WeChat says is exhausted returns. */
export const MONTH_ENDS = `case when clock_timestamp() < ${MONTH} + interval '1 hour'
  then clock_timestamp() + interval '10 minutes' else ${NEXT_MONTH} end`;

/**
 * The row of `api_limits` whose stop is that of every listed call which may change something, whatever its path: the policy, which lists
 * them, is known to gateways only, and a path may be added during the stop.
 */
export const LISTED_CHANGES = 'Calls/ChangeWechat';

/** The API whose monthly quota `audit_quota` describes. */
export const SUBMIT_API = 'wxa/submit_audit';

export const IS_STOPPED = 'l.stopped_until > clock_timestamp()';
/** Of a stopped API: whether an operator's stop lasts; after its end the exhausted quota is left. */
export const IS_OF_OPERATOR = '(l.operator_until > clock_timestamp()) is true';
/** Of a stopped API: whether it is stopped for longer than by an operator. */
export const IS_BY_QUOTA = 'l.operator_until is distinct from l.stopped_until';
/** When an exhausted quota returns; versions before 0.3.0 neither write nor clear `quota_until`. */
const QUOTA_UNTIL = `greatest(l.quota_until, case when ${IS_BY_QUOTA} then l.stopped_until end)`;

// An operator's stop keeps its end if that is later.
const STOP = `
insert into api_limits as l (api, stopped_at, stopped_until, quota_until, stop_errcode, stop_errmsg)
select $1, clock_timestamp(), q.until, q.until, $2, $3 from (select ${MONTH_ENDS} as until) q
on conflict (api) do update set stop_errcode = excluded.stop_errcode, stop_errmsg = excluded.stop_errmsg,
  quota_until = excluded.quota_until,
  stopped_at = case when ${IS_STOPPED} then l.stopped_at else excluded.stopped_at end,
  stopped_until = greatest(case when ${IS_STOPPED} then l.operator_until end, excluded.stopped_until),
  operator_until = case when ${IS_STOPPED} then l.operator_until end`;

/** Stops an API for the whole platform until the next month begins in China (UTC+8). */
export async function stopApi(pool: Statements, api: string, errcode: number, errmsg: string): Promise<void> {
  await pool.query({ name: 'stop-api', text: STOP, values: [api, errcode, storable(errmsg)] });
}

/** An operator's stop of APIs. */
export interface OperatorStop {
  apis: string[];
  until: Date;
  reason: string;
  /** What they are together, such as `ALL_CHANGES`; null or undefined for one API. */
  scope?: string | null;
}

// An exhausted quota keeps its end if that is later: WeChat would reject the calls.
const STOP_BY_OPERATOR = `
insert into api_limits as l (api, stopped_at, stopped_until, operator_until, stopped_by, stop_reason, stopped_for, stop_scope)
select api, clock_timestamp(), $2::timestamptz, $2, $3, $4, $5, $6 from unnest($1::text[]) as api order by api
on conflict (api) do update set operator_until = excluded.operator_until, stopped_by = excluded.stopped_by,
  stop_reason = excluded.stop_reason, stopped_for = excluded.stopped_for, stop_scope = excluded.stop_scope,
  stopped_at = case when ${IS_STOPPED} then l.stopped_at else excluded.stopped_at end,
  stopped_until = greatest(case when ${IS_STOPPED} then ${QUOTA_UNTIL} end, excluded.stopped_until),
  quota_until = case when ${IS_STOPPED} then ${QUOTA_UNTIL} end,
  stop_errcode = case when ${IS_STOPPED} then l.stop_errcode end,
  stop_errmsg = case when ${IS_STOPPED} then l.stop_errmsg end
returning api, stopped_until as until`;

/** Stops APIs for the whole platform; operations and rollouts that already wait for one wait until the new end. Returns the ends. */
export function stopApis(
  pool: Pool,
  recording: Pick<Recording, 'by'> & Partial<Recording>,
  stop: OperatorStop,
): Promise<{ api: string; until: Date }[]> {
  return recordedTransaction(pool, recording, async (client, record) => {
    const stops = await stopWithin(client, record, recording.by, stop);
    await wakeRunning(client);
    return stops;
  });
}

/** Stops APIs within a transaction, which then calls `wakeRunning`. */
export async function stopWithin(
  client: ClientBase,
  record: RecordEntry,
  { caller, onBehalfOf }: Actor,
  { apis, until, reason, scope = null }: OperatorStop,
): Promise<{ api: string; until: Date }[]> {
  const values = [apis, until, caller ?? '', reason, onBehalfOf, scope];
  const { rows } = await client.query<{ api: string; until: Date }>(STOP_BY_OPERATOR, values);
  for (const stop of rows) {
    await waitUntil(client, stop.api, stop.until);
    await record({ action: 'api.stopped', detail: { ...stop, reason, ...(scope !== null && { scope }) } });
  }
  return rows;
}

/** Moves the end of the wait of the operations that wait for an API; returns their number. */
async function waitUntil(client: ClientBase, api: string, until: Date | null): Promise<number> {
  const { rowCount } = await client.query(
    `update operations set next_attempt_at = coalesce($2::timestamptz, clock_timestamp()), updated_at = clock_timestamp()
     where parked and backlog is null and blocked_by is null and waits_for_api = $1`,
    [api, until],
  );
  return rowCount ?? 0;
}

const LIFT = `
update api_limits l set stopped_at = null, stopped_until = null, operator_until = null, quota_until = null, stop_errcode = null,
  stop_errmsg = null, stopped_by = null, stopped_for = null, stop_scope = null, stop_reason = null
where l.api = any($1) and ${IS_STOPPED} and ($2 or not ${IS_OF_OPERATOR}) returning l.api`;

/** An API that was stopped, and how many operations waited for it. */
export interface LiftedStop {
  api: string;
  waiting: number;
}

/** Lifts stops within a transaction. `ofOperators`: also while those that operators made last. */
export async function lift(
  client: ClientBase,
  apis: string[],
  { ofOperators }: { ofOperators: boolean },
): Promise<LiftedStop[]> {
  const { rows } = await client.query<{ api: string }>(LIFT, [apis.toSorted(), ofOperators]);
  const lifted: LiftedStop[] = [];
  for (const { api } of rows) lifted.push({ api, waiting: await waitUntil(client, api, null) });
  return lifted;
}

/**
 * Lifts the stops of APIs: the operations they delayed are due now, and rollouts that are held look again. Returns the number
 * of those operations, by API that was stopped.
 */
export function liftStops(
  pool: Pool,
  recording: Pick<Recording, 'by'> & Partial<Recording>,
  apis: string[],
  reason = '',
): Promise<LiftedStop[]> {
  return recordedTransaction(pool, recording, async (client, record) => {
    // audit_quota is locked before api_limits.
    if (apis.includes(SUBMIT_API)) await forgetQuota(client);
    return recordLifted(client, record, await lift(client, apis, { ofOperators: true }), reason);
  });
}

const OF_OPERATORS = `
select api, stop_errcode is not null as "isExhausted" from api_limits l
where ${IS_STOPPED} and ${IS_OF_OPERATOR} and ($1::text[] is null or api = any($1))`;

/**
 * Lifts the stops by operators, as `liftStops` does; an API of which only a quota is exhausted stays stopped. @param apis only of
 * these; null: of all.
 */
export function liftOperatorStops(
  pool: Pool,
  recording: Pick<Recording, 'by'> & Partial<Recording>,
  apis: string[] | null,
  reason: string,
): Promise<LiftedStop[]> {
  return recordedTransaction(pool, recording, async (client, record) => {
    const { rows } = await client.query<{ api: string; isExhausted: boolean }>(OF_OPERATORS, [apis]);
    // A brake says nothing about the quota, so that its snapshot stays.
    if (rows.some(({ api, isExhausted }) => api === SUBMIT_API && isExhausted)) await forgetQuota(client);
    const stopped = rows.map(({ api }) => api);
    return recordLifted(client, record, await lift(client, stopped, { ofOperators: true }), reason);
  });
}

async function recordLifted(
  client: ClientBase,
  record: RecordEntry,
  lifted: LiftedStop[],
  reason: string,
): Promise<LiftedStop[]> {
  for (const resumed of lifted)
    await record({ action: 'api.resumed', detail: { ...resumed, ...(reason !== '' && { reason }) } });
  if (lifted.length > 0) await wakeRunning(client);
  return lifted;
}

// Only an insert, because rollouts are locked before audit_quota. A wake-up without an appid is a turn that moves no target.
const WAKE = `
insert into rollout_wakeups (rollout_id, appid) select id, '' from rollouts where state = 'RUNNING'`;

/** Starts a turn of each rollout that runs: one that a turn is just holding shows no hold yet. */
export async function wakeRunning(client: ClientBase): Promise<void> {
  await client.query({ name: 'wake-running-rollouts', text: WAKE });
}

/** An operator who lifts the stop knows more than the snapshot: it is forgotten until the next read, and nothing limits submissions. */
async function forgetQuota(client: ClientBase): Promise<void> {
  await client.query(
    `update audit_quota set rest = null, lifted_at = null
     where exists (select from api_limits where api = $1 and stopped_until > clock_timestamp())`,
    [SUBMIT_API],
  );
}
