import type { Pool, QueryConfig, QueryResult, QueryResultRow } from 'pg';

/** Runs single statements; a pool matches. */
export interface Statements {
  query<Row extends QueryResultRow>(statement: QueryConfig): Promise<QueryResult<Row>>;
}

const LIMIT_MS = 1_500;

/**
 * The statements of a pool that are repeated every one or two seconds. Each is given up, with its connection, after 1.5 s: if
 * only that connection hangs, no check of Postgres notices it, and until the limit of any statement, 35 s, old values would be
 * used.
 */
export function repeated(pool: Pool): Statements {
  return {
    query: <Row extends QueryResultRow>(statement: QueryConfig) => {
      // A limit of one statement, which pg's types lack.
      const limited = { ...statement, query_timeout: LIMIT_MS };
      return pool.query<Row>(limited);
    },
  };
}
