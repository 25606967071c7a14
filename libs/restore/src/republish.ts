import { setTimeout as delay } from 'node:timers/promises';
import { type AuditDecision, type CloudEvent, continueTrace, eventType, TOPICS } from '@wxa/contracts';
import { lowestId, operationColumns, type StoredOperation } from '@wxa/operations';
import { writeOutbox } from '@wxa/postgres/outbox';
import { type Recording, recordedTransaction } from '@wxa/postgres/trail';
import type { Pool } from 'pg';
import { repeatedOutcome, WRITER } from './merge/outcomes.js';
import { NIL_UUID } from './session/each-page.js';

/** A topic that can be published again from Postgres. */
export type RepublishedTopic = 'outcomes' | 'audits';

/** What to publish again: what ended from `since` on and before `until`, of all mini-programs or of one. */
export interface Republication {
  since: Date;
  until: Date;
  appid: string | null;
  topics: readonly RepublishedTopic[];
}

/** How many events were published again. */
export interface Republished extends Record<RepublishedTopic, number> {
  /** Audits without a stored event, because an older version decided them. */
  auditsWithoutEvent: number;
}

/** The relay of the gateways publishes nothing. */
export class NotPublishedError extends Error {}

const MAX_PENDING = 5_000;
const POLL_MS = 200;
/** Without progress of the relay for this long, no gateway is running or Kafka is unavailable. */
const GIVE_UP_MS = 60_000;

/**
 * Writes events to the outbox of the gateways again, whose relay publishes them; waits while many are pending. The first
 * transaction records it in the audit trail. Rejects with NotPublishedError.
 */
export async function republish(
  pool: Pool,
  recording: Recording,
  what: Republication,
  onWritten: (written: Republished) => void,
): Promise<Republished> {
  const { since, until, appid, topics } = what;
  const written: Republished = { outcomes: 0, audits: 0, auditsWithoutEvent: 0 };
  for (const topic of topics) {
    for (let after = NIL_UUID; ; ) {
      const page = await PAGES[topic](pool, what, after);
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.id;
      const events = page.flatMap(({ event }) => event ?? []);
      written.auditsWithoutEvent += page.length - events.length;
      if (events.length === 0) continue;
      await untilRoom(pool, events.length);
      const isFirst = written.outcomes + written.audits === 0;
      await recordedTransaction(pool, recording, async (client, record) => {
        await writeOutbox(client, WRITER, events);
        if (isFirst) await record({ action: 'republish.run', detail: { since, until, appid, topics } });
      });
      written[topic] += events.length;
      onWritten(written);
    }
  }
  return written;
}

/** Rows per page; a result may have some MiB. */
const PAGE = 100;
/** The clocks of gateways, which ids follow, and of Postgres differ by less. */
const CLOCKS_MS = 60_000;

/** An event, null if it is not stored, under the id of its operation. */
interface Repeated {
  id: string;
  event: CloudEvent | null;
}

type ReadPage = (pool: Pool, what: Republication, after: string) => Promise<Repeated[]>;

/** The next page of each topic, by id. */
const PAGES: Record<RepublishedTopic, ReadPage> = { outcomes: operationsAfter, audits: auditsAfter };

// An operator's RETRY sets `resolved_by` too, and a worker ends the operation.
const OPERATIONS = `
select o.resolved_by is not null and coalesce((select t.detail ->> 'state' from trail t
    where t.operation_id = o.id and t.action = 'operation.resolved' order by t.at desc limit 1), '') <> 'RETRYING' as "isResolved",
  ${operationColumns('o')} from operations o
where o.id > $1 and o.id < $2 and ($5::text is null or o.appid = $5)
  and (o.ended_at >= $3 and o.ended_at < $4 or o.state = 'IN_DOUBT' and o.updated_at >= $3 and o.updated_at < $4)
order by o.id limit ${PAGE}`;

async function operationsAfter(
  pool: Pool,
  { since, until, appid }: Republication,
  after: string,
): Promise<Repeated[]> {
  const values = [after, lowestId(until.getTime() + CLOCKS_MS), since, until, appid];
  const { rows } = await pool.query<StoredOperation & { isResolved: boolean }>(OPERATIONS, values);
  return rows.map((row) => ({ id: row.id, event: repeatedOutcome(row, row.endedAt ?? row.updatedAt) }));
}

/** `value` is null if it was decided before values were stored, `traceparent` if its SubmitAudit was deleted. */
interface DecidedAudit extends Pick<AuditDecision, 'decidedAt' | 'source'> {
  id: string;
  appid: string;
  traceparent: string | null;
  value: string | null;
}

// WeChat's times are whole seconds.
const AUDITS = `
select a.operation_id as id, a.appid, a.decided_at as "decidedAt", a.source, a.decided_event::text as value,
  (select o.traceparent from operations o where o.id = a.operation_id) as traceparent
from audits a
where a.operation_id > $1 and a.state <> 'OPEN' and a.decided_at >= date_trunc('second', $2::timestamptz) and a.decided_at < $3
  and ($4::text is null or a.appid = $4)
order by a.operation_id limit ${PAGE}`;

async function auditsAfter(
  pool: Pool,
  { since, until, appid }: Republication,
  after: string,
): Promise<Repeated[]> {
  const { rows } = await pool.query<DecidedAudit>(AUDITS, [after, since, until, appid]);
  return rows.map((audit) => ({ id: audit.id, event: eventOf(audit) }));
}

function eventOf({ id, appid, decidedAt, source, traceparent, value }: DecidedAudit): CloudEvent | null {
  if (value === null) return null;
  return {
    topic: TOPICS.audits,
    id: `${id}.audit-completed`,
    type: eventType('AuditCompleted'),
    source: source === 'CALLBACK' ? 'gateway' : 'release-worker',
    appid,
    time: decidedAt,
    traceparent: continueTrace(traceparent ?? undefined),
    value,
  };
}

/** Waits until the outbox has room for more events. */
async function untilRoom(pool: Pool, count: number): Promise<void> {
  let lowest = Number.POSITIVE_INFINITY;
  let giveUpAt = performance.now() + GIVE_UP_MS;
  for (;;) {
    const pending = await countPending(pool);
    if (pending + count <= MAX_PENDING) return;
    if (pending < lowest) giveUpAt = performance.now() + GIVE_UP_MS;
    lowest = Math.min(lowest, pending);
    if (performance.now() > giveUpAt)
      throw new NotPublishedError(`no gateway publishes: ${pending} events are pending; run it again later`);
    await delay(POLL_MS);
  }
}

/** At most twice as many as may be pending. */
async function countPending(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    'select count(*)::int as n from (select from outbox where writer = $1 limit $2) pending',
    [WRITER, MAX_PENDING * 2],
  );
  return rows[0]?.n ?? 0;
}
