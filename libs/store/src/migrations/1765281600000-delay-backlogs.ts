import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  `alter table operations add column backlog text check (backlog in ('method', 'lane', 'loaded')),
    add column partition int, add column throttled_ms float8 not null default 0`,
  'drop index operations_parked',
  `create index operations_delayed on operations (next_attempt_at, seq)
    where parked and backlog is null and blocked_by is null`,
  `create index operations_backlog_of_method on operations (method, seq) where backlog = 'method'`,
  `create index operations_backlog_of_lane on operations (appid, seq) where backlog = 'lane'`,
  `create index operations_loaded on operations (partition) where backlog = 'loaded'`,
];

const DOWN = [
  'alter table operations drop column backlog, drop column partition, drop column throttled_ms',
  'create index operations_parked on operations (next_attempt_at, seq) where parked',
];

/** What waits for room in a worker is found by method, by lane and by who loaded it. */
export class DelayBacklogs1765281600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
