import type { OperationRecord } from '@wxa/contracts';
import { operationColumns, releaseBlocked, type StoredOperation } from '@wxa/operations';
import { columns, wokenBy } from '@wxa/postgres';
import type { ClientBase } from 'pg';
import { BATCH } from './staged-events.js';

/** The published end of an operation. */
export interface PublishedEnd
  extends Pick<OperationRecord, 'id' | 'attempts' | 'startedAt' | 'acceptedBy' | 'onBehalfOf'> {
  state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  endedAt: Date;
  /** Proto3 JSON texts. */
  error: string | null;
  result: string | null;
}

const END = columns<PublishedEnd>({
  id: 'uuid',
  state: 'text',
  attempts: 'int',
  startedAt: 'timestamptz',
  endedAt: 'timestamptz',
  error: 'json text',
  result: 'json text',
  acceptedBy: 'text',
  onBehalfOf: 'text',
});

// The waits of rollouts begin at `updated_at` of an operation that has ended.
const FINISH = `
with input as (
  select * from ${END.rows('i', 1)}
), finished as (
  update operations o set state = i.state, attempts = greatest(o.attempts, i.attempts),
    started_at = coalesce(i.started_at, o.started_at), ended_at = i.ended_at, error = i.error::json,
    result = i.result::json, accepted_by = coalesce(o.accepted_by, i.accepted_by),
    on_behalf_of = coalesce(o.on_behalf_of, i.on_behalf_of), next_attempt_at = null,
    lease_until = null, ask_at = null, parked = false, backlog = null, blocked_by = null, waits_for_api = null,
    updated_at = least(i.ended_at, clock_timestamp())
  from input i where o.id = i.id and o.ended_at is null
  returning o.id, o.rollout_id, o.appid
), ${wokenBy('finished')}, sent as (
  delete from operation_attachments m using finished f where m.operation_id = f.id
)
select i.id, f.id is not null as "isFinished", o.id is null as "isMissing",
  o.ended_at is not null and o.state <> i.state as "isOther"
from input i left join operations o on o.id = i.id left join finished f on f.id = i.id`;

/** `other`: Postgres has another end. `missing`: the operation is not in Postgres. `known`: it has ended so already. */
export type Finished = { id: string; kind: 'finished' | 'known' | 'other' | 'missing' };

interface FinishedRow {
  id: string;
  isFinished: boolean;
  isMissing: boolean;
  isOther: boolean;
}

/** Ends operations as published, without an event. */
export async function finishLost(client: ClientBase, ends: PublishedEnd[]): Promise<Finished[]> {
  if (ends.length === 0) return [];
  const { rows } = await client.query<FinishedRow>(FINISH, END.values(ends));
  const results = rows.map((row): Finished => ({ id: row.id, kind: kindOf(row) }));
  await releaseBlocked(
    client,
    results.filter(({ kind }) => kind === 'finished').map(({ id }) => id),
  );
  return results;
}

function kindOf({ isFinished, isMissing, isOther }: FinishedRow): Finished['kind'] {
  if (isFinished) return 'finished';
  if (isMissing) return 'missing';
  return isOther ? 'other' : 'known';
}

/** A published doubt. */
export interface PublishedDoubt {
  id: string;
  /** The number of its claim. */
  fence: number;
  attempts: number;
  startedAt: Date | null;
  /** Proto3 JSON text. */
  error: string | null;
}

/**
 * The deadline starts now: it did not run while Postgres was being restored. The time of the first attempt stays, because
 * reconciliation compares it with WeChat's times.
 */
const RESTART_DEADLINE = (startedAt: string) => `greatest(o.throttled_ms,
  extract(epoch from clock_timestamp() - coalesce(${startedAt}, o.created_at))::float8 * 1000)`;

const WAITS_FOR_NOTHING = `next_attempt_at = null, lease_until = null, parked = false, backlog = null, blocked_by = null,
  waits_for_api = null, updated_at = clock_timestamp()`;

const PUBLISHED_DOUBT = columns<PublishedDoubt>({
  id: 'uuid',
  fence: 'int',
  attempts: 'int',
  startedAt: 'timestamptz',
  error: 'json text',
});

// A doubt with the number of the present claim is news only while that claim runs: it was settled since, otherwise. At most one
// change of a mini-program has begun. Another one that stays is reconciled before its call, because it may have acted.
const DOUBT = `
with doubted as (
  update operations o set
  state = case when b.other then o.state else 'IN_DOUBT' end, fence = greatest(o.fence, i.fence),
  attempts = greatest(o.attempts, i.attempts), started_at = coalesce(i.started_at, o.started_at), error = i.error::json,
  may_have_acted = true, ask_at = case when not b.other then clock_timestamp() end, asks = 0, said_not_done = 0,
  throttled_ms = ${RESTART_DEADLINE('i.started_at')}, ${WAITS_FOR_NOTHING}
from ${PUBLISHED_DOUBT.rows('i', 1)}
cross join lateral (
  select exists (select from operations p join operations own on own.id = i.id
    where p.appid = own.appid and p.id <> own.id and p.is_change and p.ended_at is null
      and (p.state <> 'QUEUED' or p.id = any($1) and p.seq < own.seq)) as other
) b
  where o.id = i.id and o.ended_at is null and (o.fence < i.fence or o.fence = i.fence and o.state = 'RUNNING')
  returning o.rollout_id, o.appid
), ${wokenBy('doubted')}
select from doubted`;

/** Puts operations in doubt as published, without an event. Returns how many. */
export async function doubtLost(client: ClientBase, doubts: PublishedDoubt[]): Promise<number> {
  if (doubts.length === 0) return 0;
  const { rowCount } = await client.query(DOUBT, PUBLISHED_DOUBT.values(doubts));
  return rowCount ?? 0;
}

/** An operation whose call may have been sent; `startedAt`: not before then, null: not before it was accepted. */
export interface MayBeSent {
  id: string;
  /** Proto3 JSON text. */
  error: string;
  startedAt: Date | null;
}

const MAY_BE_SENT = columns<MayBeSent>({ id: 'uuid', error: 'json text', startedAt: 'timestamptz' });

const PUT_IN_DOUBT = `
with doubted as (
  update operations o set state = 'IN_DOUBT', fence = o.fence + 1, attempts = o.attempts + (o.state = 'RUNNING')::int,
  error = i.error::json, may_have_acted = true, ask_at = clock_timestamp(), asks = 0, said_not_done = 0,
  started_at = least(o.started_at, i.started_at),
  throttled_ms = ${RESTART_DEADLINE('least(o.started_at, i.started_at)')}, ${WAITS_FOR_NOTHING}
from ${MAY_BE_SENT.rows('i', 1)}
  where o.id = i.id returning o.*
), ${wokenBy('doubted')}
select ${operationColumns('o')} from doubted o`;

/** Puts operations in doubt that are not. Its claim number is new, so that the id of its event is. */
export async function putInDoubt(client: ClientBase, operations: MayBeSent[]): Promise<StoredOperation[]> {
  if (operations.length === 0) return [];
  const { rows } = await client.query<StoredOperation>(PUT_IN_DOUBT, MAY_BE_SENT.values(operations));
  return rows;
}

/** Marks an unfinished change, not in doubt, as perhaps sent: it is reconciled before its call, once earlier changes have ended. */
export async function reconcileBeforeCall(
  client: ClientBase,
  { id, startedAt }: Omit<MayBeSent, 'error'>,
): Promise<void> {
  await client.query(
    `update operations o set may_have_acted = true, started_at = least(o.started_at, $2),
       throttled_ms = ${RESTART_DEADLINE('least(o.started_at, $2)')}, updated_at = clock_timestamp()
     where id = $1 and ended_at is null`,
    [id, startedAt],
  );
}

const WITHOUT_CONTENT = `
select ${operationColumns('o')} from operations o
where o.ended_at is null and o.method = any($1) and o.id > $2
  and exists (select from restore_events c where c.operation_id = o.id and c.type = 'wxa.code.v1.CodeCommand')
  and not exists (select from operation_attachments m where m.operation_id = o.id)
order by o.id limit ${BATCH} for update`;

/** The next page of unfinished operations of these methods whose attachment was lost. */
export async function withoutContent(
  client: ClientBase,
  methods: string[],
  after: string,
): Promise<StoredOperation[]> {
  return (await client.query<StoredOperation>(WITHOUT_CONTENT, [methods, after])).rows;
}
