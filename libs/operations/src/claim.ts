import { checked, columns } from '@wxa/postgres';
import type { ClientBase, Pool } from 'pg';
import { claimedColumns, type StoredOperation } from './stored-operation.js';

/** A request to run one operation in the calling process. */
export interface ClaimRequest {
  id: string;
  /** The mini-program of its command: an operation of another one is `unknown`. Absent: not checked. */
  appid?: string;
  /** false: a query, which may be claimed on any server. Absent: not known. */
  isChange?: boolean;
  /** Duration of the lease: the time-out of the call plus a margin. */
  leaseMs: number;
  /** The partition of its command: the worker that owns it loads the operation if it is delayed. */
  partition?: number;
  /** Approximate size of its request, so that a batch of claims reads a bounded number of bytes. */
  requestBytes?: number;
  /** How long WeChat was unavailable since the operation was due, in milliseconds; its deadline is extended by that elsewhere. */
  openMs?: number;
  /** A UUID of this request: if the response was lost, the same key claims the operation again. */
  key: string;
  /** Number of this request among those with the same key (default 1): one that arrives after a later one changes nothing. */
  number?: number;
}

/** The claim that a write belongs to: it changes nothing if the operation has another one. */
export type ClaimOf = Pick<StoredOperation, 'id' | 'fence' | 'claimKey'>;

/** Number of negative reads, at intervals, that confirm that a change was not executed. */
export const CONFIRMATIONS = 3;

/** Whether an operation has certainly not been executed, in SQL: it cannot have been, or reads confirmed that it was not. */
export const isUnexecuted = (alias: string) =>
  `(not ${alias}.is_change or not ${alias}.may_have_acted or ${alias}.said_not_done >= ${CONFIRMATIONS})`;

/** An operation as a worker needs it. */
export interface ClaimedOperation extends StoredOperation {
  /** Proto3 JSON of the request. */
  request: unknown;
  /** WeChat's state before the first attempt; null: no snapshot yet, `{}`: WeChat did not return it. */
  snapshot: Record<string, string> | null;
  /** An earlier attempt may have been executed although it was not confirmed. */
  mayHaveActed: boolean;
  /** Number of negative reads since the last attempt, at intervals. */
  negativeReads: number;
  /** How long it waited for its claims after it was due, in milliseconds; that does not count against its deadline. */
  throttledMs: number;
}

/**
 * The result of a claim.
 * - `claimed`: run it. `fence` and `claimKey` fence the settlement.
 * - `lease-expired`: a change whose earlier owner was lost during the call; its outcome is unknown.
 * - `wait`: another owner may still be calling, or the next attempt is not due; claim again in `waitMs`.
 * - `blocked`: an earlier change is unfinished; the operation is delayed in Postgres and released when that one ends.
 * - `delayed`, `finished`, `unknown`: the record needs nothing more. `delayed`: the operation is delayed or in doubt.
 */
export type Claim =
  | { kind: 'claimed' | 'lease-expired'; operation: ClaimedOperation }
  | { kind: 'wait'; waitMs: number; operation: ClaimedOperation }
  | { kind: 'blocked' | 'delayed' | 'finished'; operation: ClaimedOperation }
  | { kind: 'unknown' };

const WANTED = columns<Omit<ClaimRequest, 'isChange' | 'requestBytes'>>({
  id: ['uuid', 'wanted_id'],
  appid: ['text', 'wanted_appid'],
  leaseMs: 'int',
  partition: ['int', 'wanted_partition'],
  openMs: 'float8',
  key: ['uuid', 'wanted_key'],
  number: ['int', 'wanted_number'],
});

// The rows are locked first and decided as locked. A change that has begun goes first, then the order of acceptance. A query
// whose earlier owner was lost during the call counts as sent. The deadline is suspended from the time an operation is due,
// or its lease has expired without a settlement, until it is claimed. Kafka delivers no command again for an operation that
// was delayed: while it runs it stays 'loaded', so that the next owner of its partition finds it if this worker is lost.
const SQL = `
with wanted as (
  select * from ${WANTED.rows('w', 1)}
), locked as (
  select o.*, w.lease_ms, w.wanted_key, coalesce(w.open_ms, 0) as open_ms, coalesce(w.wanted_number, 1) as wanted_number,
    coalesce(w.wanted_partition, o.partition) as now_partition
  from operations o join wanted w on w.wanted_id = o.id
  where o.id = any($1) and o.appid = coalesce(w.wanted_appid, o.appid) order by o.id for update of o
), decided as (
  select l.*, b.blocker, case
    when l.ended_at is not null then 'finished'
    when l.state = 'IN_DOUBT' then 'delayed'
    when l.parked and l.backlog is null and (l.blocked_by is not null
      or coalesce(l.next_attempt_at > clock_timestamp(), true)) then 'delayed'
    when l.claim_key = l.wanted_key and l.claim_number > l.wanted_number then 'wait'
    when l.state = 'RUNNING' and l.claim_key = l.wanted_key then 'claimed'
    when l.state = 'RUNNING' and l.lease_until > clock_timestamp() then 'wait'
    when l.state = 'RUNNING' and l.is_change then 'lease-expired'
    when l.state = 'RETRYING' and l.next_attempt_at > clock_timestamp() then 'wait'
    when b.blocker is not null then 'blocked'
    else 'claimed' end as kind
  from locked l left join lateral (
    select coalesce(
      (select p.id from operations p where p.appid = l.appid and p.is_change
        and p.state in ('RUNNING', 'RETRYING', 'IN_DOUBT')),
      (select p.id from operations p where p.appid = l.appid and p.is_change and p.ended_at is null
        and p.seq < l.seq order by p.seq limit 1)) as blocker
  ) b on l.is_change and l.state = 'QUEUED'
), claimed as (
  update operations o set state = 'RUNNING', fence = o.fence + 1, claim_key = d.wanted_key,
    claim_number = d.wanted_number, parked = false, blocked_by = null, waits_for_api = null,
    backlog = case when d.parked or d.backlog is not null then 'loaded' end, partition = d.now_partition,
    throttled_ms = case when o.started_at is null then 0
      else o.throttled_ms + greatest(0, extract(epoch from clock_timestamp()
        - case d.state when 'RETRYING' then d.next_attempt_at when 'RUNNING' then d.lease_until end) * 1000 - d.open_ms) end,
    attempts = o.attempts + (d.state = 'RUNNING' and d.claim_key is distinct from d.wanted_key)::int,
    started_at = coalesce(o.started_at, clock_timestamp()), next_attempt_at = null, updated_at = clock_timestamp(),
    lease_until = clock_timestamp() + d.lease_ms * interval '1 millisecond'
  from decided d where o.id = any($1) and o.id = d.id and d.kind = 'claimed'
  returning o.id, o.state, o.fence, o.claim_key, o.attempts, o.started_at, o.throttled_ms
), blocked as (
  update operations o set parked = true, backlog = null, blocked_by = d.blocker, waits_for_api = null,
    partition = d.now_partition, updated_at = clock_timestamp()
  from decided d where o.id = any($1) and o.id = d.id and d.kind = 'blocked'
)
select d.kind, coalesce(
    extract(epoch from coalesce(d.lease_until, d.next_attempt_at) - clock_timestamp())::float8 * 1000, 0) as "waitMs",
  ${claimedColumns('d', {
    state: 'coalesce(c.state, d.state)',
    fence: 'coalesce(c.fence, d.fence)',
    claimKey: 'coalesce(c.claim_key, d.claim_key)',
    attempts: 'coalesce(c.attempts, d.attempts)',
    startedAt: 'coalesce(c.started_at, d.started_at)',
    throttledMs: 'coalesce(c.throttled_ms, d.throttled_ms)',
  })}
from decided d left join claimed c on c.id = d.id`;

/** Throws if these claims may not be made on a connection. */
export type MayClaim = (client: ClientBase, requests: ClaimRequest[]) => void;

type Row = ClaimedOperation & { kind: Exclude<Claim['kind'], 'unknown'>; waitMs: number };

/**
 * Claims operations in one statement; one result per request, in order. If two requests name one operation, the first
 * gets it.
 */
export async function claim(client: ClientBase | Pool, requests: ClaimRequest[]): Promise<Claim[]> {
  const firsts = new Map(requests.toReversed().map((request) => [named(request), request]));
  const wanted = [...firsts.values()];
  const { rows } = await client.query<Row>({
    name: 'claim',
    text: SQL,
    values: WANTED.values(wanted),
  });
  const found = new Map(rows.map((row) => [row.id, row]));
  return requests.map((request) => {
    const row = found.get(request.id);
    if (row === undefined || row.appid !== (request.appid ?? row.appid)) return { kind: 'unknown' };
    const result = toClaim(row);
    const taken = result.kind === 'claimed' && firsts.get(named(request)) !== request;
    if (!taken) return result;
    return { kind: 'wait', waitMs: request.leaseMs, operation: result.operation };
  });
}

/** Claims on a connection on which these claims may be made. Rejects with the error of `mayClaim`. */
export function claimOn(pool: Pool, mayClaim: MayClaim, requests: ClaimRequest[]): Promise<Claim[]> {
  return checked(
    pool,
    (client) => mayClaim(client, requests),
    (client) => claim(client, requests),
  );
}

const named = ({ id, appid = '' }: ClaimRequest) => `${id} ${appid}`;

function toClaim(operation: Row): Exclude<Claim, { kind: 'unknown' }> {
  const { kind, waitMs } = operation;
  return kind === 'wait' ? { kind, waitMs, operation } : { kind, operation };
}
