import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The running workers and the methods that each knows. */
export class AddInstances1795752000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table instances (
      id uuid primary key,
      app text not null,
      version text not null,
      methods text[] not null,
      seen_at timestamptz not null default now()
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table instances');
  }
}
