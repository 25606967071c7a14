import type { AuditDecision, CloudEvent, OperationWithCommand, ToAuditEvent } from '@wxa/contracts';
import type { ClientBase, Pool } from 'pg';
import { columns } from './schema/columns.js';
import type { OnRecorded } from './trail/trail.js';
import { UnverifiedServerError } from './unavailable.js';

/** The app that wrote an event, and whose relay publishes it. */
export type AppName = 'gateway' | 'release-worker';

/** The app that writes an event, and its replica. */
export interface Author {
  writer: AppName;
  replica: string;
  /** The outbox of the writer has no row with this id or a lower one. */
  floor: { readonly id: string };
}

/** A query of the status of an audit; `auditId` in decimal digits. */
export interface StatusQuery {
  appid: string;
  auditId: string;
  requestId: string;
}

/** The author of events, and how it makes them. */
export interface Publisher extends Author {
  toEvent: ToAuditEvent;
  /** A query of the status of an audit, by which WeChat confirms a callback. Absent: callbacks count without one. */
  toStatusQuery?: (audit: StatusQuery) => OperationWithCommand;
  /** Accepts such queries in the current transaction. */
  askStatus?: (client: ClientBase, audits: StatusQuery[]) => Promise<unknown>;
  /** Logs the rows of the audit trail. */
  onRecorded?: OnRecorded;
  /** Called with each decision of an audit once it is committed, to count it. */
  onDecided?: (decision: Pick<AuditDecision, 'state' | 'source'>) => void;
  /** Whether the server behind a connection may have lost time. Absent: none has. */
  mayHaveLostTime?: (client: ClientBase) => Promise<boolean>;
}

/** Rejects with UnverifiedServerError if the server behind a connection may have lost time: what is to end may have ended. */
export async function rejectLostTime(
  { mayHaveLostTime }: Pick<Publisher, 'mayHaveLostTime'>,
  client: ClientBase,
): Promise<void> {
  if (await mayHaveLostTime?.(client)) throw new UnverifiedServerError();
}

/** An event in the order of the columns of the outbox. */
export const EVENT = columns<CloudEvent>({
  id: ['text', 'event_id'],
  topic: 'text',
  type: 'text',
  source: 'text',
  appid: 'text',
  subject: 'text',
  time: 'timestamptz',
  traceparent: 'text',
  tracestate: 'text',
  value: 'text',
});

const WRITE = `
insert into outbox (writer, ${EVENT.names})
select $1, ${EVENT.from('e')} from ${EVENT.rows('e', 2)} order by e.ord`;

/** Writes events to the outbox, in order, in the transaction with the state change that they describe. */
export async function writeOutbox(
  client: ClientBase,
  writer: AppName,
  events: readonly CloudEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await client.query({ name: 'write-outbox', text: WRITE, values: [writer, ...EVENT.values(events)] });
}

/** An event in the outbox, with its position. */
export interface OutboxRow extends CloudEvent {
  outboxId: string;
}

/** An event that Kafka acknowledged. Its position alone is ambiguous: after a failover another event can have the same. */
export type SentEvent = Pick<OutboxRow, 'outboxId' | 'id'>;

/**
 * All messages to one partition in one request are one batch, which Kafka permanently rejects if it is over 1 MiB. A single
 * event is smaller; its writer checks that.
 */
export const MAX_SEND_BYTES = 900_000;
/** Size of the key and the headers of a message. */
const ENVELOPE_BYTES = 900;

/** Size of an event in a request to Kafka, in bytes. */
export function bytesToSend({ value }: CloudEvent): number {
  return Buffer.byteLength(value) + ENVELOPE_BYTES;
}

// The oldest ids, never "after the last seen": ids commit out of order. OutboxFloor waits for those that do.
const ADVANCE = `
with sent as materialized (
  select * from unnest($2::bigint[], $3::text[]) as s(id, event_id)
), deleted as (
  delete from outbox o using sent s
  where o.writer = $1 and o.id = any($2) and o.id = s.id and o.event_id = s.event_id
)
select found, id as "outboxId", ${EVENT.select('measured')}
from (
  select *, count(*) over () as found, row_number() over line as place, sum(octet_length(value) + ${ENVELOPE_BYTES}) over line as bytes
  from (
    select * from outbox where writer = $1 and id > $5 and (id, event_id) not in (select id, event_id from sent)
    order by id limit $4
  ) oldest
  window line as (order by oldest.id)
) measured where place = 1 or bytes <= ${MAX_SEND_BYTES} order by measured.id`;

/** The oldest events of an outbox; `isAll`: it had no others when it was read. */
export interface OutboxPage {
  rows: OutboxRow[];
  isAll: boolean;
}

/**
 * Deletes the events that Kafka has acknowledged and reads the oldest of the others, in one round trip: at most `limit`, and
 * at most as many bytes as Kafka accepts in one batch.
 */
export async function advanceOutbox(
  pool: Pool,
  { writer, floor }: Author,
  sent: SentEvent[],
  limit: number,
): Promise<OutboxPage> {
  const { rows } = await pool.query<OutboxRow & { found: string }>({
    name: 'advance-outbox',
    text: ADVANCE,
    values: [writer, sent.map(({ outboxId }) => outboxId), sent.map(({ id }) => id), limit, floor.id],
  });
  const found = Number(rows[0]?.found ?? 0);
  return { rows: rows.map(({ found: _, ...row }) => row), isAll: found === rows.length && found < limit };
}

/** More than are pending while events are published as soon as they are written. */
const FEW = 1_000;

/**
 * Whether all pending events of an outbox were written by one replica; the arguments are placeholders. If so, the replica may
 * publish its next event directly: no event of another replica or of an ended process precedes it.
 */
export const allOwn = (writer: string, replica: string, floor: string) => `(
  select count(*) < ${FEW} and bool_and(written_by is not distinct from ${replica}) is not false
  from (select written_by from outbox where writer = ${writer} and id > ${floor} order by id limit ${FEW}) waiting)`;

const QUARANTINE = `
with quarantined as (delete from outbox where writer = $1 and id = $2 and event_id = $3 returning *)
insert into outbox_refused (writer, id, ${EVENT.names}, reason)
select writer, id, ${EVENT.names}, $4 from quarantined
on conflict do nothing`;

/** Moves an event that Kafka permanently rejects from the outbox to `outbox_refused`. */
export async function quarantine(
  pool: Pool,
  { writer }: Author,
  { outboxId, id }: OutboxRow,
  reason: string,
): Promise<void> {
  await pool.query(QUARANTINE, [writer, outboxId, id, reason]);
}

/** Counts stop here, so that a backlog does not make them slow. */
const MAX_COUNT = 100_001;

/** How many events of an app are quarantined; at most 100,001. */
export async function countQuarantined(pool: Pool, { writer }: Author): Promise<number> {
  const { rows } = await pool.query<{ n: string }>(
    `select count(*) as n from (select from outbox_refused where writer = $1 limit ${MAX_COUNT}) counted`,
    [writer],
  );
  return Number(rows[0]?.n);
}

/** A read of the outbox skips the rows deleted in about twice this time. */
const RAISE_MS = 500;
/** Interval of searches from 0, because a failover can leave rows below the floor. */
const FROM_ZERO_MS = 60_000;

// A transaction takes this lock before it gets an id from the sequence, and holds it until others can see the row.
const INSERTING = `
select virtualtransaction as id from pg_locks
where relation = 'outbox'::regclass and mode = 'RowExclusiveLock'
  and database = (select oid from pg_database where datname = current_database())`;

const SEARCH = `
select case when is_called then last_value else 0 end as newest, (
  select id from outbox where writer = $1 and id > $2 and id <= $3 order by id limit 1) as oldest
from outbox_id_seq`;

/** The newest id at some time, and the transactions that may still be inserting it or a lower one. */
interface Mark {
  id: bigint;
  inserting: Set<string> | undefined;
}

/**
 * An id such that an outbox has no row with it or below it, and will have none. Rows are deleted as soon as they are sent, but
 * while any transaction has an old snapshot (a dump, a standby, an idle session), neither they nor their index entries are
 * removed, and a read of the oldest rows skips all of them. The floor is raised to an id that was the newest, once all
 * transactions that were inserting at that time have ended, unless a row is found below it.
 */
export class OutboxFloor {
  #id = 0n;
  #mark: Mark | undefined;
  #fromZeroAt = Number.NEGATIVE_INFINITY;
  #raising: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly writer: AppName,
  ) {}

  /** In decimal digits. */
  get id(): string {
    return String(this.#id);
  }

  /** Resolves when the floor is as high as possible now. */
  async start(): Promise<void> {
    await this.raise();
    await this.raise();
    this.#timer = setInterval(() => void this.raise(), RAISE_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#raising;
  }

  /** Never rejects: while Postgres is unavailable the floor stays the same. */
  raise(): Promise<void> {
    this.#raising ??= this.#raise()
      .catch(() => {
        this.#mark = undefined;
        this.#fromZeroAt = Number.NEGATIVE_INFINITY;
      })
      .finally(() => {
        this.#raising = undefined;
      });
    return this.#raising;
  }

  async #raise(): Promise<void> {
    const mark = this.#mark;
    // The floor is not raised above the newest id, but a search from 0 may lower it.
    const isHighest = mark?.id === this.#id && !this.#isFromZeroDue;
    if (mark === undefined || isHighest) return this.#search(0n);
    const { rows } = await this.pool.query<{ id: string }>({ name: 'outbox-inserting', text: INSERTING });
    const now = new Set(rows.map(({ id }) => id));
    mark.inserting = new Set([...(mark.inserting ?? now)].filter((id) => now.has(id)));
    if (mark.inserting.size === 0) await this.#search(mark.id);
  }

  get #isFromZeroDue(): boolean {
    return performance.now() - this.#fromZeroAt >= FROM_ZERO_MS;
  }

  /** A separate statement, so that its snapshot is taken after the inserting transactions have ended. */
  async #search(upTo: bigint): Promise<void> {
    const isFromZero = upTo > 0n && this.#isFromZeroDue;
    const now = performance.now();
    const { rows } = await this.pool.query<{ newest: string; oldest: string | null }>({
      name: 'outbox-floor',
      text: SEARCH,
      values: [this.writer, isFromZero ? '0' : this.id, String(upTo)],
    });
    const [{ newest, oldest } = { newest: '0', oldest: null }] = rows;
    if (oldest !== null) this.#id = BigInt(oldest) - 1n;
    else if (upTo > 0n) this.#id = upTo;
    // After a failover that lost rows, the sequence returns the same ids again.
    if (BigInt(newest) < this.#id) this.#id = 0n;
    if (isFromZero) this.#fromZeroAt = now;
    this.#mark = { id: BigInt(newest), inserting: undefined };
  }
}
