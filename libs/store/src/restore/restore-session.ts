import { randomUUID } from 'node:crypto';
import type { ClientBase, Pool, PoolClient } from 'pg';
import { hold, release } from '../leases.js';
import { transaction } from '../transaction.js';

const LEASE = 'restore';
/** Far longer than a transaction of a restore. */
const LEASE_MS = 20_000;

/** A restore cannot run now; the message says why. */
export class RestoreRefusedError extends Error {}

const WORKERS = `
select count(*)::int as n from pg_stat_activity
where datname = current_database() and application_name = 'wxa-release-worker'`;

const HOLDER = `select until from leases where name = $1 and until > clock_timestamp()`;

/**
 * The transactions of one `wxa restore`. Before each of them no worker is connected and the lease is held, otherwise it rejects
 * with RestoreRefusedError. In a dry run all of them are one transaction that is rolled back.
 */
export class RestoreSession {
  readonly #holder = randomUUID();

  private constructor(
    private readonly pool: Pool,
    private readonly dryRun: PoolClient | undefined,
  ) {}

  static async open(pool: Pool, { dryRun }: { dryRun: boolean }): Promise<RestoreSession> {
    const client = dryRun ? await pool.connect() : undefined;
    // A lost connection also fails its statement.
    client?.on('error', () => undefined);
    const session = new RestoreSession(pool, client);
    try {
      await session.check();
      await client?.query('begin');
      return session;
    } catch (error) {
      client?.release();
      throw error;
    }
  }

  async transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    if (this.dryRun !== undefined) return work(this.dryRun);
    await this.check();
    return transaction(this.pool, work);
  }

  /** Rejects with RestoreRefusedError if a worker is connected or another restore runs. */
  async check(): Promise<void> {
    const client = this.dryRun ?? this.pool;
    const { rows } = await client.query<{ n: number }>(WORKERS);
    const workers = rows[0]?.n ?? 0;
    if (workers > 0)
      throw new RestoreRefusedError(
        `release workers have ${workers} connections to this database: stop all workers first`,
      );
    const isFree =
      this.dryRun === undefined
        ? await hold(this.pool, LEASE, this.#holder, LEASE_MS)
        : (await client.query(HOLDER, [LEASE])).rowCount === 0;
    if (!isFree)
      throw new RestoreRefusedError(
        `another wxa restore is running, or was killed less than ${LEASE_MS / 1000} s ago`,
      );
  }

  async close(): Promise<void> {
    if (this.dryRun === undefined) return release(this.pool, LEASE, this.#holder);
    await this.dryRun.query('rollback').catch(() => undefined);
    this.dryRun.release();
  }
}
