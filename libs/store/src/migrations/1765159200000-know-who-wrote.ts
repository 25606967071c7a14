import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which replica of its app wrote an event: where all that waits is its own, it needs not read it to send it in order. What
 * Kafka refuses for ever waits while processes of an earlier version run beside this: they copy the row as it was.
 */
export class KnowWhoWrote1765159200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox add column written_by uuid');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table outbox drop column written_by');
  }
}
