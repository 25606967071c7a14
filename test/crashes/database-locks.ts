import pg from 'pg';
import { eventually } from '../eventually.js';
import { type World } from '../world.js';

// The backends that wait for the given one, directly or through others.
const WAITING = `
with recursive waiting (pid) as (
  values ($1::int)
  union
  select a.pid from waiting w join pg_stat_activity a
    on a.datname = current_database() and w.pid = any(pg_blocking_pids(a.pid))
) select pid from waiting where pid <> $1`;

/** A lock that a connection of the test holds in Postgres; other statements wait until it is released. */
export class DatabaseLock {
  private constructor(
    private readonly world: World,
    private readonly holder: pg.Client,
    private readonly pid: number,
  ) {}

  /** @param what a statement that takes a lock until the end of its transaction */
  static async take(world: World, what: string, values: unknown[]): Promise<DatabaseLock> {
    const holder = new pg.Client({ connectionString: world.stack.addresses.postgres });
    // Stopping the world terminates all connections to its database.
    holder.on('error', () => undefined);
    await holder.connect();
    await holder.query('begin');
    await holder.query(what, values);
    const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
    return new DatabaseLock(world, holder, rows[0]?.pid ?? 0);
  }

  /** Resolves when at least `count` statements wait for the lock. */
  async untilWaiting(count = 1): Promise<void> {
    await eventually(async () => (await this.#waiting()).length >= count);
  }

  /** Terminates the connections that wait for the lock, so that their statements are not executed. */
  async terminateWaiters(): Promise<void> {
    await this.world.sql('select pg_terminate_backend(pid, 5000) from unnest($1::int[]) as pid', [
      await this.#waiting(),
    ]);
  }

  /** Releases the lock, so that the waiting statements continue. */
  async release(): Promise<void> {
    await this.holder.end();
  }

  async #waiting(): Promise<number[]> {
    return (await this.world.sql<{ pid: number }>(WAITING, [this.pid])).map(({ pid }) => pid);
  }
}

/** Locks operations, so that no process can claim or settle them. */
export function lockOperations(world: World, ids: string[]): Promise<DatabaseLock> {
  return DatabaseLock.take(world, 'select from operations where id = any($1) for update', [ids]);
}

/**
 * Keeps the relays of all processes of an app from publishing: they wait for the row of their lease.
 */
export async function lockRelays(world: World, app: 'gateway' | 'release-worker'): Promise<DatabaseLock> {
  const hold = await DatabaseLock.take(world, 'select from leases where name = $1 for update', [
    `outbox-${app}`,
  ]);
  await hold.untilWaiting(app === 'gateway' ? 1 : world.stack.workers.length);
  return hold;
}

/** Makes commits of new rows of these tables lockable by mini-program, for as long as a statement may take. */
export async function makeCommitsLockable(world: World, tables: string[]): Promise<void> {
  await world.sql(`create function wait_for_hold() returns trigger language plpgsql set lock_timeout = 0 as
    $$ begin perform pg_advisory_xact_lock_shared(hashtext(coalesce(new.appid, '')), 0); return null; end $$`);
  for (const table of tables) {
    await world.sql(`create constraint trigger held after insert on ${table} deferrable initially deferred
      for each row execute function wait_for_hold()`);
  }
}

/** Blocks the commits of new rows of a mini-program, or with '' of those without an appid; needs `makeCommitsLockable` first. */
export function lockCommits(world: World, appid: string): Promise<DatabaseLock> {
  return DatabaseLock.take(world, 'select pg_advisory_xact_lock(hashtext($1), 0)', [appid]);
}
