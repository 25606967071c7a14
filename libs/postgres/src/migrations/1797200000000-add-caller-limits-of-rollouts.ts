import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How many unfinished operations the policy allows the caller of the last start, resume or retry of a rollout, and how many of a caller's
 * unfinished operations are those of rollouts.
 */
export class AddCallerLimitsOfRollouts1797200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table rollouts add column acting_unfinished bigint');
    await runner.query('alter table caller_usage add column of_rollouts bigint not null default 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table caller_usage drop column of_rollouts');
    await runner.query('alter table rollouts drop column acting_unfinished');
  }
}
