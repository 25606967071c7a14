import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a worker last lifted the stop after an 85085. It replaces a width that each success doubled. */
export class LimitSubmissionsAfterLift1797100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table audit_quota add column lifted_at timestamptz, drop column probe_width');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table audit_quota drop column lifted_at, add column probe_width int not null default 0',
    );
  }
}
