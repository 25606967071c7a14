import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../build-index.js';

const COLUMNS = [
  'alter table operations add column if not exists backlog text',
  'alter table operations add column if not exists partition int',
  'alter table operations add column if not exists throttled_ms float8 not null default 0',
  'alter table operations drop constraint if exists operations_backlog_check',
  `alter table operations add constraint operations_backlog_check
    check (backlog in ('method', 'lane', 'loaded')) not valid`,
  // Reads the table without keeping anyone from writing to it.
  'alter table operations validate constraint operations_backlog_check',
];

const INDEXES = {
  operations_delayed: `on operations (next_attempt_at, seq) where parked and backlog is null and blocked_by is null`,
  operations_backlog_of_method: `on operations (method, seq) where backlog = 'method'`,
  operations_backlog_of_lane: `on operations (appid, seq) where backlog = 'lane'`,
  operations_loaded: `on operations (partition) where backlog = 'loaded'`,
};

/** What waits for room in a worker is found by method, by lane and by who loaded it. */
export class DelayBacklogs1765281600000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of COLUMNS) await runner.query(statement);
    for (const [name, on] of Object.entries(INDEXES)) await buildIndex(runner, name, on);
    await dropIndex(runner, 'operations_parked');
  }

  async down(runner: QueryRunner): Promise<void> {
    await buildIndex(runner, 'operations_parked', 'on operations (next_attempt_at, seq) where parked');
    await runner.query(
      'alter table operations drop column backlog, drop column partition, drop column throttled_ms',
    );
  }
}
