import type { Pool } from 'pg';
import { holdLease, releaseLease } from './lease.js';
import { listen } from './listen.js';

/** Tasks that one process at a time may run, and notifications between processes. */
export class LeaseStore {
  constructor(private readonly pool: Pool) {}

  /** Takes or renews a lease. Returns false if another process holds it. */
  hold(name: string, holder: string, ms: number): Promise<boolean> {
    return holdLease(this.pool, name, holder, ms);
  }

  release(name: string, holder: string): Promise<void> {
    return releaseLease(this.pool, name, holder);
  }

  /** Notifies every process that listens on a channel. */
  async notify(channel: string): Promise<void> {
    await this.pool.query('select pg_notify($1, $2)', [channel, '']);
  }

  /** Calls `onNotify` for every notification on a channel until the returned function is called; reconnects automatically. */
  listen(channel: string, onNotify: () => void): () => void {
    return listen(this.pool, channel, onNotify);
  }
}
