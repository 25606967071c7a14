import { type AuditEffect, applyAuditEffects } from '@wxa/audits';
import type { CloudEvent, OperationStateName } from '@wxa/contracts';
import { columns, pipelined, transaction } from '@wxa/postgres';
import { type Author, allOwn, type Publisher } from '@wxa/postgres/outbox';
import type { ClientBase, Pool } from 'pg';
import type { Loaded } from './backlog/load-backlog.js';
import { type Claim, type ClaimOf, type ClaimRequest, claim, type MayClaim } from './claim.js';

/** The result of a claimed operation. One of an older claim touches no row. */
export interface Settlement extends ClaimOf {
  state: Exclude<OperationStateName, 'QUEUED' | 'RUNNING' | 'CANCELLED'>;
  /** Number of calls sent under this claim: 0 or 1. */
  attempts: number;
  /** Set if the state is final. */
  endedAt: Date | null;
  /** Set if the state is RETRYING: when the next attempt is due, by the clock of Postgres. */
  retryInMs: number | null;
  /** Delayed in Postgres, not in a lane, until it is due. */
  delayed: boolean;
  /**
   * The deadline restarts with the next attempt, unless an earlier one may have been executed: then reconciliation needs
   * the time of the first attempt.
   */
  restartsDeadline?: boolean;
  /** Proto3 JSON texts. */
  error: string | null;
  result: string | null;
  /** The attempt may have been executed although it was not confirmed. */
  mayHaveActed: boolean;
  /** Number of negative reads since the last call, stored for the next attempt. */
  negativeReads: number;
  /** Set if the state is IN_DOUBT: when reconciliation begins. */
  reconcileInMs: number | null;
  /** Its outcome, published with it; null if there is none. */
  event: CloudEvent | null;
}

/**
 * `lost`: another claim or an operator settled it. `released`: the operations it blocked, which wait for capacity only.
 * `outboxId`: of its event in the outbox; null if it has none, or if events of other writers may precede it.
 */
export interface Settled {
  kind: 'settled' | 'lost';
  released: Loaded[];
  outboxId: string | null;
}

/** Maximum number of operations blocked by one that are loaded at once; the others wait for capacity. */
const MAX_RELEASED = 100;

const SETTLEMENT = columns<Omit<Settlement, 'event'>>({
  id: 'uuid',
  fence: 'int',
  claimKey: 'uuid',
  state: 'text',
  attempts: 'int',
  endedAt: 'timestamptz',
  retryInMs: 'float8',
  delayed: 'boolean',
  restartsDeadline: 'boolean',
  error: 'json text',
  result: 'json text',
  mayHaveActed: 'boolean',
  negativeReads: 'int',
  reconcileInMs: 'float8',
});

/** What an outcome has besides its operation; its trace may be that of an attempt. */
const OUTCOME = columns<Pick<CloudEvent, 'id' | 'type' | 'time' | 'traceparent' | 'tracestate' | 'value'>>({
  id: ['text', 'event_id'],
  type: 'text',
  time: 'timestamptz',
  traceparent: 'text',
  tracestate: 'text',
  value: 'text',
});

/** Of the rows that `wokenBy` reads. */
export const ENDED_OR_IN_DOUBT = `(ended_at is not null or state = 'IN_DOUBT')`;

/**
 * A common table expression, for a statement that ends an operation or brings it into or out of doubt: it wakes the rollouts of
 * the operations in the same transaction, so that none can have ended unnoticed. A wake-up says only: look at this target.
 * @param changed the expression that returns the operations: `rollout_id`, `appid`, and what `condition` names.
 */
export const wokenBy = (changed: string, condition = 'true') => `woken as (
  insert into rollout_wakeups (rollout_id, appid)
  select rollout_id, appid from ${changed} where rollout_id is not null and ${condition}
)`;

const SQL = `
with input as (
  select * from unnest(${SETTLEMENT.arrays(6)}, ${OUTCOME.arrays(6 + SETTLEMENT.count)}) with ordinality
    as i(${SETTLEMENT.names}, ${OUTCOME.names}, ord)
), settled as (
  update operations o set state = i.state, attempts = o.attempts + i.attempts, ended_at = i.ended_at,
    next_attempt_at = clock_timestamp() + i.retry_in_ms * interval '1 millisecond',
    parked = i.delayed, waits_for_api = null,
    backlog = case when i.state = 'RETRYING' and not i.delayed then o.backlog end,
    started_at = case when i.restarts_deadline and not o.may_have_acted then null else o.started_at end,
    error = i.error::json, result = i.result::json,
    may_have_acted = o.may_have_acted or i.may_have_acted, asks = 0, said_not_done = i.negative_reads,
    throttled_ms = case when i.restarts_deadline and not o.may_have_acted then 0
      else o.throttled_ms + greatest(0, extract(epoch from clock_timestamp() - o.lease_until) * 1000) end,
    ask_at = clock_timestamp() + i.reconcile_in_ms * interval '1 millisecond',
    lease_until = null, blocked_by = null, updated_at = clock_timestamp()
  from input i where o.id = any($6) and o.id = i.id and o.fence = i.fence and o.claim_key = i.claim_key and o.state = 'RUNNING'
  returning o.id, o.ended_at, o.appid, o.state, o.rollout_id
), ${wokenBy('settled', ENDED_OR_IN_DOUBT)}, published as (
  insert into outbox (writer, written_by, topic, source, appid, ${OUTCOME.names})
  select $1, $2::uuid, $4, $5, s.appid, ${OUTCOME.from('i')}
  from input i join settled s using (id) where event_id is not null order by ord
  returning id, event_id
), sent as (
  delete from operation_attachments m using settled s where m.operation_id = any($6) and m.operation_id = s.id and s.ended_at is not null
), released as (
  update operations d set blocked_by = null, backlog = 'method'
  from settled s where d.blocked_by = any($6) and d.blocked_by = s.id and d.parked and s.ended_at is not null
  returning s.id as blocker, d.id, d.appid, d.method, d.api, d.partition, d.seq
), before as materialized (
  select ${allOwn('$1', '$2::uuid', '$3')} as own
)
select s.id, case when own then p.id end as "outboxId",
  coalesce((select json_agg(json_build_object('id', r.id, 'appid', r.appid, 'method', r.method, 'api', r.api,
      'partition', r.partition, 'isRetry', false, 'dueForMs', 0,
      'requestBytes', (select octet_length(o.request::text) from operations o where o.id = r.id)) order by r.seq)
    from (select * from released where blocker = s.id order by seq limit ${MAX_RELEASED}) r), '[]') as released
from before, settled s join input i on i.id = s.id left join published p on p.event_id = i.event_id`;

/** Settles operations and writes their events to the outbox in one statement. Deletes the attachments of those that end. */
export async function settle(
  client: ClientBase | Pool,
  { writer, replica, floor }: Author,
  settlements: Settlement[],
): Promise<Settled[]> {
  const events = settlements.map(({ event }) => event);
  const { topic, source } = events.find((event) => event !== null) ?? {};
  const { rows } = await client.query<Omit<Settled, 'kind'> & { id: string }>({
    name: 'settle',
    text: SQL,
    values: [
      ...[writer, replica, floor.id, topic, source],
      ...[...SETTLEMENT.values(settlements), ...OUTCOME.values(events)],
    ],
  });
  const settled = new Map(rows.map((row) => [row.id, row]));
  return settlements.map(({ id }) => {
    const { released = [], outboxId = null } = settled.get(id) ?? {};
    return { kind: settled.has(id) ? 'settled' : 'lost', released, outboxId };
  });
}

/** A settlement with its effect on audits. */
export interface SettlementWithAudits extends Settlement {
  appid: string;
  auditEffect: AuditEffect | null;
}

/** Settles operations, in one transaction with their effects on audits. */
export function settleWithAudits(
  { pushes, batches }: { pushes: Pool; batches: Pool },
  publisher: Publisher,
  settlements: SettlementWithAudits[],
): Promise<Settled[]> {
  if (settlements.every((s) => s.auditEffect === null)) return settle(batches, publisher, settlements);
  return transaction(pushes, async (client) => {
    const settled = await settle(client, publisher, settlements);
    const effects = settlements.flatMap(({ id, appid, auditEffect }, i) =>
      auditEffect === null || settled[i]?.kind === 'lost' ? [] : [{ id, appid, auditEffect }],
    );
    await applyAuditEffects(client, publisher, effects);
    return settled;
  });
}

/** Size of the texts of a settlement. */
export function bytesOfSettlement({ result, event }: Settlement): number {
  return Buffer.byteLength(result ?? '') + Buffer.byteLength(event?.value ?? '');
}

/** The settlement of an operation, and the claim of the next one in its lane. */
export interface SettleAndClaim {
  settlement: Settlement;
  claim: ClaimRequest;
}

/** The results of both; they are committed together. */
export interface SettledAndClaimed {
  settled: Settled;
  claim: Claim;
}

/** Rejects with the error of `mayClaim`. Settles operations and claims the next ones, so that a lane waits for one commit between two calls. */
export async function settleAndClaim(
  pool: Pool,
  author: Author,
  mayClaim: MayClaim,
  links: SettleAndClaim[],
): Promise<SettledAndClaimed[]> {
  const wanted = links.map((link) => link.claim);
  const check = (client: ClientBase) => mayClaim(client, wanted);
  const [settled, claims] = await pipelined(pool, check, (client) => [
    settle(
      client,
      author,
      links.map((link) => link.settlement),
    ),
    claim(client, wanted),
  ]);
  return links.map((_, i) => ({ settled: settled[i] as Settled, claim: claims[i] as Claim }));
}
