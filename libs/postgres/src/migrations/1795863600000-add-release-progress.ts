import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How far the release of a target of a rollout got: the share of its last gray step in percent, null before it, and whether the
 * version was released to all users.
 */
export class AddReleaseProgress1795863600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table rollout_targets add column gray_share smallint,
      add column released boolean not null default false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table rollout_targets drop column gray_share, drop column released');
  }
}
