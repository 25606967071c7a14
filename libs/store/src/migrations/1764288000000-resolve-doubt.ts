import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  // What was seen at WeChat before the first try; null until then.
  `alter table operations
    add column noted json,
    add column may_have_acted boolean not null default false,
    add column ask_at timestamptz,
    add column asks int not null default 0,
    add column said_not_done int not null default 0`,
  `create index operations_to_ask on operations (ask_at) where ask_at is not null`,
  `update operations set may_have_acted = true, ask_at = now() where state = 'IN_DOUBT'`,
];

/** What is needed to resolve an operation in doubt by asking WeChat. */
export class ResolveDoubt1764288000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table operations
      drop column noted, drop column may_have_acted, drop column ask_at, drop column asks, drop column said_not_done`);
  }
}
