import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../../schema/build-index.js';

/** From version 0.2.0 to 0.3.0: whose stops hold operations, the changes of a mini-program among its queries, and what audits are counted by. */
export class AddStopScopesAndFilters1797413000000 implements MigrationInterface {
  readonly transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    // `stopped_for`: the person for whom the operator acted. `stop_scope`: what was stopped together, null for one API.
    await runner.query(
      'alter table api_limits add column if not exists stopped_for text, add column if not exists stop_scope text',
    );
    // Null for audits that 0.2.0 opened, and without a commit before them.
    await runner.query('alter table audits add column if not exists template_id bigint');
    for (const [name, on] of Object.entries(INDEXES)) await buildIndex(runner, name, on);
    for (const name of REPLACED) await dropIndex(runner, name);
  }

  async down(): Promise<void> {
    throw new Error('A migration is never undone: the schema of version 0.3.0 serves 0.2.0.');
  }
}

const INDEXES = {
  // Changes apart from queries, in as many bytes as without the column.
  operations_of_appid: 'on operations (appid, is_change, id)',
  audits_by_id: 'on audits (audit_id, submitted_at, operation_id)',
  // With all that is counted, because the rows themselves are wide.
  audits_decided: `on audits (decided_at) include (state, submitted_at, template_id, appid) where state <> 'OPEN'`,
  audits_rejected: `on audits (decided_at) where state = 'REJECTED'`,
};

/** Indexes of 0.2.0. Without the first, its lists of a mini-program sort; `audits_decided` serves its retention as well. */
const REPLACED = ['operations_by_appid', 'audits_ended'];
