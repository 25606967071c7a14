import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  // Kept for as long as WeChat's signature is taken: see `noteSignatures`.
  `create table push_signatures (
    signature text primary key,
    appid text not null,
    received_at timestamptz not null default now()
  )`,
  `create index push_signatures_by_age on push_signatures (received_at)`,
];

/** Which mini-program's URL a push came to first, so that a copy of it under another's is known as one. */
export class KnowPushSignatures1764986400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table push_signatures');
  }
}
