import type { ClientBase, Pool } from 'pg';

/** The verdict of the last history check, as it is stored. */
export interface StoredHistory {
  /** Identity of the server that was checked; null: none was. */
  identity: string | null;
  /** Postgres has lost time; also while a dump is restored, before the row is there. */
  behind: boolean;
  evidence: unknown;
}

/** A server, as one connection to it sees it. */
export interface ServerState {
  /** Neither in recovery (a standby) nor read-only. */
  isWritable: boolean;
  /** How far its clock is ahead of this process's, in milliseconds. */
  clockSkewMs: number;
  /** `timeline/start time/database/file of history_state`; changes when Postgres may have lost time or another server answers. */
  identity: string;
  history: StoredHistory;
}

const TIMELINE = `case when pg_is_in_recovery() then null else left(pg_walfile_name(pg_current_wal_lsn()), 8) end`;

// The start time catches what keeps the timeline: a snapshot of a volume, another server of the same name. The database and the
// file of the table catch what keeps the server: a dump that is restored beside it, or into it, or a renamed copy.
const identity = (timeline: string) =>
  `concat_ws('/', coalesce(${timeline}, '-'), extract(epoch from pg_postmaster_start_time()),
    (select oid from pg_database where datname = current_database()),
    pg_relation_filenode(to_regclass('history_state'))) as identity`;

const state = (timeline: string) => `
select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as "isWritable",
  extract(epoch from clock_timestamp())::float8 * 1000 as "clockMs",
  (select json_build_object('identity', h.identity, 'behind', coalesce(h.behind, true), 'evidence', h.evidence)
    from (values (true)) as one left join history_state h on true) as history,
  ${identity(timeline)}`;

/** How long one statement may take. That of a new connection would otherwise hold its place in the pool for as long as any. */
const READ_MS = 2_000;

/** SQLSTATEs of a server that does not let us call its WAL functions. */
const REFUSED = new Set(['42501', '42883', '0A000']);

/** Reads the state of the server behind a connection, in one statement. An identity has no timeline if the server is in
 * recovery or refuses its function. All reject with the driver's error. */
export class ServerReader {
  #isRefused = false;

  /** @param readMs after which a statement is given up, with its connection; 0: as any other statement. */
  constructor(private readonly readMs = READ_MS) {}

  async read(connection: Pool | ClientBase): Promise<ServerState> {
    const sentAt = Date.now();
    type Row = Omit<ServerState, 'clockSkewMs'> & { clockMs: number };
    const { clockMs, ...row } = await this.#query<Row>(connection, 'server-state', state);
    return { ...row, clockSkewMs: clockMs - (sentAt + Date.now()) / 2 };
  }

  async identityOf(connection: ClientBase): Promise<string> {
    const row = await this.#query<{ identity: string }>(
      connection,
      'server-identity',
      (timeline) => `select ${identity(timeline)}`,
    );
    return row.identity;
  }

  async #query<Row extends object>(
    connection: Pool | ClientBase,
    name: string,
    text: (timeline: string) => string,
  ): Promise<Row> {
    const isRefused = this.#isRefused;
    const without = { name: `${name}-without-timeline`, text: text('null') };
    try {
      return await this.#one<Row>(connection, isRefused ? without : { name, text: text(TIMELINE) });
    } catch (error) {
      const isRefusal = error instanceof Error && 'code' in error && REFUSED.has(String(error.code));
      // Another server may not refuse it.
      this.#isRefused = isRefusal && !isRefused;
      if (!this.#isRefused) throw error;
      return this.#one<Row>(connection, without);
    }
  }

  async #one<Row extends object>(
    connection: Pool | ClientBase,
    query: { name: string; text: string },
  ): Promise<Row> {
    // A limit of one statement, which pg's types lack.
    const statement = { ...query, query_timeout: this.readMs };
    const { rows } = await connection.query<Row>(statement);
    const [row] = rows;
    if (row === undefined) throw new Error('Postgres returned no row');
    return row;
  }
}
