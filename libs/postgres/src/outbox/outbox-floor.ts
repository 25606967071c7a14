import type { Pool } from 'pg';
import { oldest, type WriterName } from './outbox.js';

/** A read of the outbox skips the rows deleted in about twice this time. */
const RAISE_MS = 1_000;
/** While no id is given out. */
const IDLE_MS = 5_000;
/** Interval of searches from 0, because a failover can leave rows below the floor. */
const FROM_ZERO_MS = 60_000;

// A transaction takes this lock before it gets an id from the sequence, and holds it until others can see the row.
const INSERTING = `
select virtualtransaction as id from pg_locks
where relation = 'outbox'::regclass and mode = 'RowExclusiveLock'
  and database = (select oid from pg_database where datname = current_database())`;

const SEARCH = `
select case when is_called then last_value else 0 end as newest, (
  select min(id) from (${oldest('id', { writer: '$1', where: 'id > $2 and id <= $3', limit: '1' })}) found) as oldest
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
  #isStopped = false;

  constructor(
    private readonly pool: Pool,
    private readonly writer: WriterName,
  ) {}

  /** In decimal digits. */
  get id(): string {
    return String(this.#id);
  }

  /** Resolves when the floor is as high as possible now. */
  async start(): Promise<void> {
    await this.raise();
    await this.raise();
    this.#raiseLater();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
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

  #raiseLater(): void {
    if (this.#isStopped) return;
    const waitMs = this.#mark?.id === this.#id ? IDLE_MS : RAISE_MS;
    this.#timer = setTimeout(() => void this.raise().then(() => this.#raiseLater()), waitMs).unref();
  }

  async #raise(): Promise<void> {
    const mark = this.#mark;
    // The floor is not raised above the newest id, but a search from 0 may lower it unless it is 0: nothing was ever inserted.
    const isHighest = mark?.id === this.#id && (this.#id === 0n || !this.#isFromZeroDue);
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
