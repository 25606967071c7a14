import type { MigrationInterface, QueryRunner } from 'typeorm';

/** WECHAT_RATE_PER_API of each running worker, in calls per second: 0: no limit, null: a worker that does not report it. */
export class AddWorkerRates1795867200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table instances add column rate_per_api double precision');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table instances drop column rate_per_api');
  }
}
