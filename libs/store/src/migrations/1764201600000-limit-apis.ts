import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  // One row per WeChat API: how fast the whole platform may call it, and whether it may at all.
  `create table api_limits (
    api text primary key,
    next_at timestamptz,
    cut_rate double precision check (cut_rate > 0),
    cut_at timestamptz,
    stopped_at timestamptz,
    stopped_until timestamptz,
    stop_errcode int,
    stop_errmsg text,
    check ((cut_rate is null) = (cut_at is null)),
    check ((stopped_at is null) = (stopped_until is null))
  ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`,
  `alter table operations add column waits_for_api text`,
  `create index operations_waiting_for_api on operations (waits_for_api) where parked and waits_for_api is not null`,
];

export class LimitApis1764201600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table operations drop column waits_for_api');
    await runner.query('drop table api_limits');
  }
}
