import type { MigrationInterface, QueryRunner } from 'typeorm';

/** From version 0.2.0 to 0.3.0: what is remembered about the setup of mini-programs. */
export class AddSetup1797407200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of SETUP) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is never undone: the schema of version 0.3.0 serves 0.2.0.');
  }
}

const SETUP = [
  // `domain_stop_until`: after an 86102. `privacy_text_sha256`: of the additional text of the guide that was sent last.
  `create table mini_program_setups (
    appid text primary key,
    domain_stop_until timestamptz,
    privacy_text_sha256 bytea
  )`,
  // One row: the domains that the platform has registered at WeChat, as last read. JSON: {published, testing}. `changed_at`: when a
  // read last found another list than before.
  `create table platform_domains (
    one_row boolean primary key default true check (one_row),
    server json,
    webview json,
    read_at timestamptz not null,
    changed_at timestamptz not null default clock_timestamp()
  )`,
];
