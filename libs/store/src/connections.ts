import type { Duplex } from 'node:stream';
import type { PostgresStatus } from '@wxa/postgres';
import type { Pool, PoolClient } from 'pg';

/**
 * Replaces the connections of pools after a failover. An idle connection to a server that is no longer the primary would be
 * used again, and a statement on one that has disappeared would wait for its time limit.
 */
export class Connections {
  readonly #openedAt = new WeakMap<PoolClient, number>();
  readonly #inUse = new Set<PoolClient>();
  /** Those in use since the server changed that may lead to either server. */
  #doubtful = new Set<PoolClient>();
  #server: { identity: string; seenAt: number } | undefined;

  constructor(private readonly pools: readonly Pool[]) {
    for (const pool of pools) {
      pool.on('connect', (client) => this.#openedAt.set(client, performance.now()));
      pool.on('acquire', (client) => this.#inUse.add(client));
      pool.on('release', (_error, client) => {
        this.#inUse.delete(client);
        this.#doubtful.delete(client);
      });
    }
  }

  /** Calls `listener` with the error of each idle connection that is lost. */
  onLost(listener: (error: Error) => void): void {
    for (const pool of this.pools) pool.on('error', listener);
  }

  /** Follows the checks of Postgres. */
  follow({ isWritable, server }: PostgresStatus): void {
    const last = this.#server;
    const isOther = server !== undefined && last !== undefined && server.identity !== last.identity;
    // A second after the change, a statement that still runs waits for a server that is gone.
    for (const client of this.#doubtful) socketOf(client).destroy();
    this.#doubtful = new Set(isOther ? this.#endInUse(last.seenAt) : []);
    if (isOther || !isWritable) for (const pool of this.pools) closeIdle(pool);
    if (server !== undefined) this.#server = { identity: server.identity, seenAt: performance.now() };
  }

  /** Ends the statements of connections that were opened before the previous server was last seen. Returns the others in use. */
  #endInUse(seenAt: number): PoolClient[] {
    const isOlder = (client: PoolClient) => (this.#openedAt.get(client) ?? 0) < seenAt;
    const inUse = [...this.#inUse];
    for (const client of inUse.filter(isOlder)) socketOf(client).destroy();
    return inUse.filter((client) => !isOlder(client));
  }
}

/** pg has no other way to end the statements of a connection that pipelines: its `end` waits for them. */
function socketOf(client: PoolClient): Duplex {
  return (client as unknown as { connection: { stream: Duplex } }).connection.stream;
}

/** The pool opens a new connection, to the server that the name then stands for, when it needs one. */
function closeIdle(pool: Pool): void {
  for (let count = pool.idleCount; count > 0; count -= 1)
    pool.connect().then(
      (client) => client.release(true),
      () => undefined,
    );
}
