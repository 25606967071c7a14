import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The number of the request by which an operation was claimed, among those with the same key. */
export class NumberClaims1765260000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table operations add column claim_number int');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table operations drop column claim_number');
  }
}
