import type { Pool, PoolClient } from 'pg';
import type { Pools } from './pools.js';
import { bound } from './statements.js';

const HOLD = `
insert into leases (name, holder, until) values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
on conflict (name) do update set holder = excluded.holder, until = excluded.until
where leases.holder = excluded.holder or leases.until < clock_timestamp()
  or substr(leases.holder::text, 15, 1) = '4' and substr(excluded.holder::text, 15, 1) <> '4'`;

/**
 * Takes a free or expired lease, or renews the holder's own. Returns false if another process holds it. A UUIDv8 takes it
 * from a UUIDv4, which relays of 0.2.0 have: they do not publish all that this version writes.
 */
async function hold(pool: Pool, name: string, holder: string, ms: number): Promise<boolean> {
  const { rowCount } = await pool.query({ name: 'hold-lease', text: HOLD, values: [name, holder, ms] });
  return rowCount === 1;
}

const RELEASE = 'delete from leases where name = $1 and holder = $2';

/** Releases a lease, so that the next holder need not wait until it expires. */
async function releaseLease(pool: Pool, name: string, holder: string): Promise<void> {
  await pool.query({ name: 'release-lease', text: RELEASE, values: [name, holder] });
}

/** Notifies every process that listens on a channel. */
export async function notify(pool: Pick<Pool, 'query'>, channel: string): Promise<void> {
  await pool.query('select pg_notify($1, $2)', [channel, '']);
}

const RECONNECT_MS = 1000;

/** Listens on a channel over a separate connection until the returned function is called; reconnects automatically. */
export function listen(pool: Pool, channel: string, onNotify: () => void): () => void {
  let client: PoolClient | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const reconnect = () => {
    client?.off('end', reconnect).release(true);
    client = undefined;
    // One loss is reported twice: by the error event and by the running query.
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(connect, RECONNECT_MS);
  };
  const connect = async () => {
    try {
      client = await pool.connect();
      client.once('error', reconnect).once('end', reconnect);
      client.on('notification', onNotify);
      await client.query(`listen ${client.escapeIdentifier(channel)}`);
      if (stopped) reconnect();
    } catch {
      reconnect();
    }
  };
  void connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    client?.off('end', reconnect).release(true);
    client = undefined;
  };
}

export type Leases = ReturnType<typeof leasesOn>;

/** The statements of leases. */
export const leasesOn = ({ relay }: Pick<Pools, 'relay'>) =>
  bound([relay], { hold, listen, notify, release: releaseLease });
