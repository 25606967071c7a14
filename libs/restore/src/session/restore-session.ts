import { randomUUID } from 'node:crypto';
import { type Leases, leasesOn, ServerReader, transaction } from '@wxa/postgres';
import { type RecordEntry, type Recording, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool, PoolClient } from 'pg';

const LEASE = 'restore';
/** Far longer than a transaction of a restore. */
const LEASE_MS = 20_000;

/** A restore cannot run now; the message says why. */
export class RestoreRefusedError extends Error {}

const WORKERS = `
select count(*)::int as n from pg_stat_activity
where datname = current_database() and application_name = 'wxa-release-worker'`;

const HOLDER = `select until from leases where name = $1 and until > clock_timestamp()`;

/** Marks what is staged from now on as that of one session. */
const MARK = `
insert into restore_events (topic, partition, at_offset, ce_id, type, appid, time, traceparent, value)
values ('', 0, 0, $1, '', '', now(), '', '')`;

const MARKED_BY = `select from restore_events where topic = '' and ce_id = $1`;

const CLEAR = 'delete from restore_events';

/**
 * The transactions of one `wxa restore`. Before each of them no worker is connected and the lease is held, and within each the
 * server is that of the start with what was staged there; otherwise it rejects with RestoreRefusedError. In a dry run all of them
 * are one transaction that is rolled back.
 */
export class RestoreSession {
  readonly #holder = randomUUID();
  readonly #reader = new ServerReader();
  readonly #leases: Leases;
  #server = '';
  /** Staged messages carry a marker: Postgres empties the unlogged table after a crash, also if only one of its processes crashed. */
  #isMarked = false;

  private constructor(
    private readonly pool: Pool,
    private readonly dryRun: PoolClient | undefined,
  ) {
    this.#leases = leasesOn({ relay: pool });
  }

  static async open(pool: Pool, { dryRun }: { dryRun: boolean }): Promise<RestoreSession> {
    const client = dryRun ? await pool.connect() : undefined;
    // A lost connection also fails its statement.
    client?.on('error', () => undefined);
    const session = new RestoreSession(pool, client);
    try {
      await session.#check();
      session.#server = (await session.#reader.read(client ?? pool)).identity;
      await client?.query('begin');
      return session;
    } catch (error) {
      client?.release();
      throw error;
    }
  }

  /** The server that is restored. */
  get server(): string {
    return this.#server;
  }

  /**
   * Begins the restore: from now on Postgres counts as behind until a restore has finished, so that no worker takes a state in
   * between for the whole. Deletes what an earlier restore has staged.
   */
  async begin(): Promise<void> {
    await this.transaction(async (client) => {
      await client.query('update history_state set behind = true');
      await client.query(CLEAR);
      await client.query(MARK, [this.#holder]);
    });
    this.#isMarked = true;
  }

  async transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    if (this.dryRun !== undefined) return work(this.dryRun);
    await this.#check();
    return transaction(this.pool, async (client) => {
      await this.#rejectOtherServer(client);
      return work(client);
    });
  }

  /** The last transaction: deletes what was staged, and records what `work` does. Not for a dry run. */
  async end<T>(
    recording: Recording,
    work: (client: ClientBase, record: RecordEntry) => Promise<T>,
  ): Promise<T> {
    await this.#check();
    const result = await recordedTransaction(this.pool, recording, async (client, record) => {
      await this.#rejectOtherServer(client);
      await client.query(CLEAR);
      return work(client, record);
    });
    this.#isMarked = false;
    return result;
  }

  async #check(): Promise<void> {
    const client = this.dryRun ?? this.pool;
    const { rows } = await client.query<{ n: number }>(WORKERS);
    const workers = rows[0]?.n ?? 0;
    if (workers > 0)
      throw new RestoreRefusedError(
        `release workers have ${workers} connections to this database: stop all workers first`,
      );
    const isFree =
      this.dryRun === undefined
        ? await this.#leases.hold(LEASE, this.#holder, LEASE_MS)
        : (await client.query(HOLDER, [LEASE])).rowCount === 0;
    if (!isFree)
      throw new RestoreRefusedError(
        `another wxa restore is running, or was killed less than ${LEASE_MS / 1000} s ago`,
      );
  }

  async #rejectOtherServer(client: ClientBase): Promise<void> {
    const isSame = (await this.#reader.identityOf(client)) === this.#server;
    if (isSame && (!this.#isMarked || (await client.query(MARKED_BY, [this.#holder])).rowCount === 1)) return;
    throw new RestoreRefusedError(
      'Postgres crashed, restarted or was replaced meanwhile: run wxa restore again',
    );
  }

  async close(): Promise<void> {
    if (this.dryRun === undefined) return this.#leases.release(LEASE, this.#holder);
    await this.dryRun.query('rollback').catch(() => undefined);
    this.dryRun.release();
  }
}
