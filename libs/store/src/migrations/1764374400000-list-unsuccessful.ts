import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A page of what failed is found without reading what succeeded. */
export class ListUnsuccessful1764374400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index operations_unsuccessful on operations (state, id) where state in ('FAILED', 'CANCELLED')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index operations_unsuccessful');
  }
}
