import { waitUntil } from '@wxa/stack';
import pg from 'pg';
import type { OperationRow, RolloutHistory } from '../history.js';
import { movingTargets, readRollouts } from '../rollouts/read-rollouts.js';

const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;

// A reconciliation read whose daily quota is exhausted is repeated after midnight in China; no run waits for that.
const IS_DUE_SOON = `ask_at < now() + interval '10 minutes'`;

const ROWS = `select id, seq::float8, appid, request_id as "requestId", method, is_change as "isChange", state, attempts as calls,
  ${ms('created_at')} as "createdAt", ${ms('started_at')} as "startedAt", ${ms('ended_at')} as "endedAt",
  case when ${IS_DUE_SOON} then ${ms('ask_at')} end as "recheckAt", blocked_by as "blockedBy", error, result from operations order by seq`;

// In doubt until an operator or the next day, or blocked by such an operation.
const UNFINISHED = `select count(*)::int as count from operations o where ended_at is null
  and (state <> 'IN_DOUBT' or ${IS_DUE_SOON})
  and not exists (select from operations d where d.appid = o.appid and o.is_change
    and d.state = 'IN_DOUBT' and (${IS_DUE_SOON}) is not true)`;

/** The connection time-out, for a machine that is busy with other work. */
const CONNECT_MS = 30_000;

const DELAYED = `select count(*)::int as count from operations where backlog in ('method', 'lane')`;

const BY_STATE = `select state, count(*)::int as count from operations group by state`;

/** Reads the operations table from outside. */
export class OperationsTable {
  readonly #pool: pg.Pool;

  constructor(url: string) {
    this.#pool = new pg.Pool({ connectionString: url, max: 2, connectionTimeoutMillis: CONNECT_MS });
    this.#pool.on('error', () => undefined);
  }

  async rows(): Promise<OperationRow[]> {
    return (await this.#pool.query<OperationRow>(ROWS)).rows;
  }

  rollouts(): Promise<RolloutHistory[]> {
    return readRollouts(this.#pool);
  }

  /** Targets of rollouts that will still move by themselves. */
  movingTargets(): Promise<number> {
    return movingTargets(this.#pool);
  }

  /** The number of operations in each state; empty if Postgres is unavailable. */
  async byState(): Promise<Record<string, number>> {
    const { rows } = await this.#pool
      .query<{ state: string; count: number }>(BY_STATE)
      .catch(() => ({ rows: [] }));
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  }

  /** The number of operations delayed because their worker has no room for them; 0 if Postgres is unavailable. */
  async delayed(): Promise<number> {
    const { rows } = await this.#pool.query<{ count: number }>(DELAYED).catch(() => ({ rows: [] }));
    return rows[0]?.count ?? 0;
  }

  /** Operations that will still end by themselves, and messages that are still to be published. */
  async unfinished(): Promise<{ operations: number; outbox: number }> {
    const { rows } = await this.#pool.query<{ count: number }>(UNFINISHED);
    const outbox = await this.#pool.query<{ count: number }>('select count(*)::int as count from outbox');
    return { operations: rows[0]?.count ?? 0, outbox: outbox.rows[0]?.count ?? 0 };
  }

  /** Resolves when Kafka has everything that was to be published until now; rejects after a minute. */
  async sent(): Promise<void> {
    const { rows } = await this.#pool.query<{ last: string | null }>(
      'select max(id)::text as last from outbox',
    );
    const probe = async () => {
      const left = await this.#pool.query('select from outbox where id <= $1 limit 1', [rows[0]?.last ?? 0]);
      if (left.rowCount !== 0) throw new Error('the outbox is not empty');
    };
    await waitUntil(probe, { name: 'the outbox', timeoutMs: 60_000 });
  }

  /** WeChat's ids of the audits that this service considers open. */
  async openAudits(): Promise<{ appid: string; auditId: string }[]> {
    const sql = `select appid, audit_id::text as "auditId" from audits where state = 'OPEN'`;
    return (await this.#pool.query<{ appid: string; auditId: string }>(sql)).rows;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
