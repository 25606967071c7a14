import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many reconciliations of an operation in doubt sent no read to WeChat. */
export class CountReconciliationsWithoutRead1796080000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table operations add column unsent_asks int not null default 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table operations drop column unsent_asks');
  }
}
