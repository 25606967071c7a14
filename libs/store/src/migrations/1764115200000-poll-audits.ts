import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When an open audit is to be asked about next. */
export class PollAudits1764115200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table audits add column next_poll_at timestamptz');
    await runner.query(`create index audits_open on audits (submitted_at) where state = 'OPEN'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index audits_open');
    await runner.query('alter table audits drop column next_poll_at');
  }
}
