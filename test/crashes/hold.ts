import pg from 'pg';
import { eventually, type World } from '../world.js';

// Those who wait for the given connection, and those who wait behind them.
const WAITING = `
with recursive waiting (pid) as (
  values ($1::int)
  union
  select a.pid from waiting w join pg_stat_activity a
    on a.datname = current_database() and w.pid = any(pg_blocking_pids(a.pid))
) select pid from waiting where pid <> $1`;

/** Something that a connection of the test's holds in Postgres: whoever wants it waits until it is let go. */
export class Hold {
  private constructor(
    private readonly world: World,
    private readonly holder: pg.Client,
    private readonly pid: number,
  ) {}

  /** @param what a statement that takes a lock until the end of its transaction. */
  static async take(world: World, what: string, values: unknown[]): Promise<Hold> {
    const holder = new pg.Client({ connectionString: world.stack.addresses.postgres });
    // A world that stops ends whoever is connected.
    holder.on('error', () => undefined);
    await holder.connect();
    await holder.query('begin');
    await holder.query(what, values);
    const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
    return new Hold(world, holder, rows[0]?.pid ?? 0);
  }

  /** Resolves when so many statements wait for it. */
  async waited(count = 1): Promise<void> {
    await eventually(async () => (await this.#waiting()).length >= count);
  }

  /** Ends the connections that wait for it: what they were about to do is not done. */
  async cutOff(): Promise<void> {
    await this.world.sql('select pg_terminate_backend(pid, 5000) from unnest($1::int[]) as pid', [
      await this.#waiting(),
    ]);
  }

  /** Those who wait go on. */
  async letGo(): Promise<void> {
    await this.holder.end();
  }

  async #waiting(): Promise<number[]> {
    return (await this.world.sql<{ pid: number }>(WAITING, [this.pid])).map(({ pid }) => pid);
  }
}

/** Holds operations, so that nobody claims or settles them. */
export function holdOperations(world: World, ids: string[]): Promise<Hold> {
  return Hold.take(world, 'select from operations where id = any($1) for update', [ids]);
}

/**
 * Keeps the relays of all processes of an app from sending anything on to Kafka: they wait for the row of their
 * lease.
 */
export async function holdRelays(world: World, app: 'gateway' | 'release-worker'): Promise<Hold> {
  const hold = await Hold.take(world, 'select from leases where name = $1 for update', [`outbox-${app}`]);
  await hold.waited(app === 'gateway' ? 1 : world.stack.workers.length);
  return hold;
}

/** Lets commits of new rows of these tables be held, by mini-program. */
export async function makeCommitsWait(world: World, tables: string[]): Promise<void> {
  await world.sql(`create function wait_for_hold() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(hashtext(new.appid), 0); return null; end $$`);
  for (const table of tables) {
    await world.sql(`create constraint trigger held after insert on ${table} deferrable initially deferred
      for each row execute function wait_for_hold()`);
  }
}

/** Holds the commits of new rows of a mini-program, where `makeCommitsWait` was called before. */
export function holdCommits(world: World, appid: string): Promise<Hold> {
  return Hold.take(world, 'select pg_advisory_xact_lock(hashtext($1), 0)', [appid]);
}
