import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The original id (`gh_…`) of each mini-program that a push named: for the audits whose end no push tells. */
export class RememberOriginalIds1765274400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table original_ids (appid text primary key, original_id text not null)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table original_ids');
  }
}
