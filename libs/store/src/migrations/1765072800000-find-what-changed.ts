import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // The time behind the id: what has not changed lately is passed over in the index, and no row of it is read.
  'drop index operations_unfinished',
  'create index operations_unfinished on operations (id, updated_at) where ended_at is null',
  `create index operations_in_doubt on operations (id) where state = 'IN_DOUBT'`,
];

const DOWN = [
  'drop index operations_in_doubt',
  'drop index operations_unfinished',
  'create index operations_unfinished on operations (id) where ended_at is null',
];

/** What changed lately, and what is in doubt, is found without reading all that waits. */
export class FindWhatChanged1765072800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
