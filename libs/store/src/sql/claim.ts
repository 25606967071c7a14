import type { ClientBase, Pool } from 'pg';
import type { OperationEntity } from '../entities/operation.entity.js';
import { claimedColumns } from './operation-columns.js';

/** Asks for one operation to be run by the caller. */
export interface ClaimRequest {
  id: string;
  /** The mini-program that its command names: an operation of another is unknown there. Absent: it is not asked. */
  appid?: string;
  /** How long the claim holds: the call's longest time plus a margin. */
  leaseMs: number;
  /** The partition of its command: the worker that owns it loads the operation where that is delayed. */
  partition?: number;
  /** About how large its request is: a batch of claims reads a bounded number of bytes. */
  requestBytes?: number;
  /** Of the time since it was due, how long WeChat was unavailable, in milliseconds: its deadline knows of that already. */
  openMs?: number;
  /** A UUID of this request: asked again with the same key, because the answer was lost, it is claimed again. */
  key: string;
  /** Counts the requests with this key (default 1): one that arrives after a later one changes nothing. */
  number?: number;
}

/** An operation as a worker needs it. */
export interface ClaimedOperation extends OperationEntity {
  /** Proto3 JSON of the request. */
  request: unknown;
  /** What was seen at WeChat before the first try; null: nothing yet, `{}`: WeChat did not say. */
  noted: Record<string, string> | null;
  /** An earlier try may have had its effect although it was not confirmed. */
  mayHaveActed: boolean;
  /** How often WeChat said "not done" of the try before, with pauses between. */
  negativeReads: number;
  /** How long it waited to be claimed after it was due, in milliseconds: none of that counts against its deadline. */
  throttledMs: number;
}

/**
 * What became of a claim.
 * - `claimed`: run it. `fence` fences the settle.
 * - `lapsed`: a change whose earlier owner was lost in mid-call: it is in doubt.
 * - `wait`: another owner may still be calling, or its next try is not due; claim again in `waitMs`.
 * - `blocked`: an earlier change is unfinished; it was delayed in Postgres and is released when that one ends.
 * - `parked`, `finished`, `unknown`: nothing to do with this record.
 */
export type Claim =
  | { kind: 'claimed' | 'lease-expired'; operation: ClaimedOperation }
  | { kind: 'wait'; waitMs: number; operation: ClaimedOperation }
  | { kind: 'blocked' | 'parked' | 'finished'; operation: ClaimedOperation }
  | { kind: 'unknown' };

// The rows are locked first and judged as locked; whoever is begun goes first, then the order of acceptance. A query
// whose earlier owner was lost in mid-call was sent. The deadline stands still from the time an operation is due, or its
// claim has ended without a settlement, until it is claimed. What was delayed has no command that Kafka would bring
// again: while it runs it stays 'loaded', so that the next owner of its partition finds it if this worker is lost.
const SQL = `
with wanted as (
  select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::int[], $6::float8[], $7::int[])
    as w(wanted_id, lease_ms, wanted_key, wanted_appid, wanted_partition, open_ms, wanted_number)
), locked as (
  select o.*, w.lease_ms, w.wanted_key, w.open_ms, w.wanted_number,
    coalesce(w.wanted_partition, o.partition) as now_partition
  from operations o join wanted w on w.wanted_id = o.id
  where o.id = any($1) and o.appid = coalesce(w.wanted_appid, o.appid) order by o.id for update of o
), judged as (
  select l.*, b.blocker, case
    when l.ended_at is not null then 'finished'
    when l.state = 'IN_DOUBT' then 'parked'
    when l.parked and l.backlog is null and (l.blocked_by is not null
      or coalesce(l.next_attempt_at > clock_timestamp(), true)) then 'parked'
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
  update operations o set state = 'RUNNING', fence = o.fence + 1, claim_key = j.wanted_key,
    claim_number = j.wanted_number, parked = false, blocked_by = null, waits_for_api = null,
    backlog = case when j.parked or j.backlog is not null then 'loaded' end, partition = j.now_partition,
    throttled_ms = case when o.started_at is null then 0
      else o.throttled_ms + greatest(0, extract(epoch from clock_timestamp()
        - case j.state when 'RETRYING' then j.next_attempt_at when 'RUNNING' then j.lease_until end) * 1000 - j.open_ms) end,
    attempts = o.attempts + (j.state = 'RUNNING' and j.claim_key is distinct from j.wanted_key)::int,
    started_at = coalesce(o.started_at, clock_timestamp()), next_attempt_at = null, updated_at = clock_timestamp(),
    lease_until = clock_timestamp() + j.lease_ms * interval '1 millisecond'
  from judged j where o.id = any($1) and o.id = j.id and j.kind = 'claimed'
  returning o.id, o.state, o.fence, o.attempts, o.started_at, o.throttled_ms
), blocked as (
  update operations o set parked = true, backlog = null, blocked_by = j.blocker, waits_for_api = null,
    partition = j.now_partition, updated_at = clock_timestamp()
  from judged j where o.id = any($1) and o.id = j.id and j.kind = 'blocked'
)
select j.kind, coalesce(
    extract(epoch from coalesce(j.lease_until, j.next_attempt_at) - clock_timestamp())::float8 * 1000, 0) as "waitMs",
  ${claimedColumns('j', {
    state: 'coalesce(c.state, j.state)',
    fence: 'coalesce(c.fence, j.fence)',
    attempts: 'coalesce(c.attempts, j.attempts)',
    started_at: 'coalesce(c.started_at, j.started_at)',
    throttled_ms: 'coalesce(c.throttled_ms, j.throttled_ms)',
  })}
from judged j left join claimed c on c.id = j.id`;

type Row = ClaimedOperation & { kind: Exclude<Claim['kind'], 'unknown'>; waitMs: number };

/**
 * Claims many operations in one statement; one answer per request, in order. Of two requests for one operation
 * the first has it.
 */
export async function claim(client: ClientBase | Pool, requests: ClaimRequest[]): Promise<Claim[]> {
  const firsts = new Map(requests.toReversed().map((request) => [named(request), request]));
  const wanted = [...firsts.values()];
  const { rows } = await client.query<Row>({
    name: 'claim',
    text: SQL,
    values: [
      wanted.map((r) => r.id),
      wanted.map((r) => r.leaseMs),
      wanted.map((r) => r.key),
      wanted.map((r) => r.appid ?? null),
      wanted.map((r) => r.partition ?? null),
      wanted.map((r) => r.openMs ?? 0),
      wanted.map((r) => r.number ?? 1),
    ],
  });
  const found = new Map(rows.map((row) => [row.id, row]));
  return requests.map((request) => {
    const row = found.get(request.id);
    if (row === undefined || row.appid !== (request.appid ?? row.appid)) return { kind: 'unknown' };
    const answer = toClaim(row);
    const taken = answer.kind === 'claimed' && firsts.get(named(request)) !== request;
    if (!taken) return answer;
    return { kind: 'wait', waitMs: request.leaseMs, operation: answer.operation };
  });
}

const named = ({ id, appid = '' }: ClaimRequest) => `${id} ${appid}`;

function toClaim(row: Row): Exclude<Claim, { kind: 'unknown' }> {
  const { kind, waitMs, ...operation } = row;
  return kind === 'wait' ? { kind, waitMs, operation } : { kind, operation };
}
