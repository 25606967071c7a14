import type { ClientBase, Pool } from 'pg';

/** A server, as one connection to it sees it. */
export interface ServerState {
  /** Neither in recovery (a standby) nor read-only. */
  isWritable: boolean;
  /** How far its clock is ahead of this process's, in milliseconds. */
  clockSkewMs: number;
  /** `timeline/start time`; changes when Postgres may have lost time or another server answers. */
  identity: string;
}

const TIMELINE = `case when pg_is_in_recovery() then null else left(pg_walfile_name(pg_current_wal_lsn()), 8) end`;

// The start time catches what keeps the timeline: a snapshot of a volume, a restored dump, another server of the same name.
const read = (timeline: string) => `
select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as "isWritable",
  extract(epoch from clock_timestamp())::float8 * 1000 as "clockMs",
  concat(coalesce(${timeline}, '-'), '/', extract(epoch from pg_postmaster_start_time())) as identity`;

/** SQLSTATEs of a server that does not let us call its WAL functions. */
const REFUSED = new Set(['42501', '42883', '0A000']);

/** Reads the state of the server behind a connection, in one statement. */
export class ServerReader {
  #isRefused = false;

  /** The identity has no timeline if the server is in recovery or refuses its function. Rejects with the driver's error. */
  async read(connection: Pool | ClientBase): Promise<ServerState> {
    try {
      return await readWith(connection, this.#isRefused ? 'null' : TIMELINE);
    } catch (error) {
      const isRefusal = error instanceof Error && 'code' in error && REFUSED.has(String(error.code));
      // Another server may not refuse it.
      this.#isRefused = isRefusal && !this.#isRefused;
      if (!this.#isRefused) throw error;
      return readWith(connection, 'null');
    }
  }
}

async function readWith(connection: Pool | ClientBase, timeline: string): Promise<ServerState> {
  const sentAt = Date.now();
  const { rows } = await connection.query<{ isWritable: boolean; clockMs: number; identity: string }>(
    read(timeline),
  );
  const [row] = rows;
  if (row === undefined) throw new Error('Postgres returned no row');
  const { isWritable, clockMs, identity } = row;
  return { isWritable, identity, clockSkewMs: clockMs - (sentAt + Date.now()) / 2 };
}
