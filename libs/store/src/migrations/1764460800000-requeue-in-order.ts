import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of many operations that are due at the same time, the ones accepted first are found without reading the rest. */
export class RequeueInOrder1764460800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('drop index operations_parked');
    await runner.query('create index operations_parked on operations (next_attempt_at, seq) where parked');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index operations_parked');
    await runner.query('create index operations_parked on operations (next_attempt_at) where parked');
  }
}
