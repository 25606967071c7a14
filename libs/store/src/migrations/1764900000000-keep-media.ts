import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files on their way to WeChat: too large for Kafka, which their commands go through. */
export class KeepMedia1764900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table audit_media (
      operation_id uuid primary key,
      content bytea not null,
      kept_at timestamptz not null default now()
    )`);
    // Pictures and videos are packed already, and what is not packed is read in slices.
    await runner.query('alter table audit_media alter column content set storage external');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table audit_media');
  }
}
