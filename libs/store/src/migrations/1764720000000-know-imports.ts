import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A hash of the refresh token that a mini-program was imported with, so that a repeat is known as one. */
export class KnowImports1764720000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table authorizers add imported text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table authorizers drop imported');
  }
}
