import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The positions of the targets that moved last, newest first, instead of 9 KB of JSON that each turn wrote. */
export class StorePositionsOfLatestTargets1797103600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table rollouts add column latest int[] not null default '{}', drop column recent`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table rollouts drop column latest, add column recent json not null default '[]'`,
    );
  }
}
