import type { Pool, PoolClient } from 'pg';

const RECONNECT_MS = 1000;

/** Notifies every process that listens on a channel. */
export async function notify(pool: Pool, channel: string): Promise<void> {
  await pool.query('select pg_notify($1, $2)', [channel, '']);
}

/** Listens on a channel over a separate connection until the returned function is called; reconnects automatically. */
export function listen(pool: Pool, channel: string, onNotify: () => void): () => void {
  let client: PoolClient | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const reconnect = () => {
    client?.release(true);
    client = undefined;
    // One loss is reported twice: by the error event and by the running query.
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(connect, RECONNECT_MS);
  };
  const connect = async () => {
    try {
      client = await pool.connect();
      client.once('error', reconnect);
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
    client?.release(true);
    client = undefined;
  };
}
