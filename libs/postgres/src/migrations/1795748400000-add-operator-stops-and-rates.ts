import type { MigrationInterface, QueryRunner } from 'typeorm';

/** APIs that an operator has stopped, and rates that an operator has set. */
export class AddOperatorStopsAndRates1795748400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // `stop_source`: `wechat` or `operator`, null for a stop by an older version, which is WeChat's. `rate`: calls per second,
    // 0 for no limit, null for the rate of the row `*`, or of the workers' settings without one.
    await runner.query(`alter table api_limits add column stop_source text, add column stopped_by text,
      add column stop_reason text, add column rate float8`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table api_limits drop column stop_source, drop column stopped_by,
      drop column stop_reason, drop column rate`);
  }
}
