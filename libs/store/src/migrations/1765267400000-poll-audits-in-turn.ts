import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../build-index.js';

/** Open audits are found in the order in which they are due; how often in a row questions about one failed is kept. */
export class PollAuditsInTurn1765267400000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table audits add column if not exists poll_failures int not null default 0');
    await buildIndex(runner, 'audits_due', `on audits (next_poll_at, submitted_at) where state = 'OPEN'`);
    await dropIndex(runner, 'audits_open');
  }

  async down(runner: QueryRunner): Promise<void> {
    await buildIndex(runner, 'audits_open', `on audits (submitted_at) where state = 'OPEN'`);
    await dropIndex(runner, 'audits_due');
    await runner.query('alter table audits drop column if exists poll_failures');
  }
}
