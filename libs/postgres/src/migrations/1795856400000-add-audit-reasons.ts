import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../schema/build-index.js';

/** WeChat's reason and screenshots of each audit, and the indexes of lists of audits. */
export class AddAuditReasons1795856400000 implements MigrationInterface {
  readonly transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table audits add column if not exists reason text not null default '',
      add column if not exists screenshots text[] not null default '{}'`);
    for (const [name, on] of Object.entries(INDEXES)) await buildIndex(runner, name, on);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await dropIndex(runner, name);
    await runner.query('alter table audits drop column reason, drop column screenshots');
  }
}

const INDEXES = {
  audits_by_time: 'on audits (submitted_at, operation_id)',
  audits_by_state: 'on audits (state, submitted_at, operation_id)',
  audits_delayed: `on audits (submitted_at, operation_id) where state = 'OPEN' and delayed_at is not null`,
};
