import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../../schema/build-index.js';

/** From version 0.2.0 to 0.3.0: whose stops hold operations, the changes of a mini-program among its queries, and audits by their ids. */
export class AddStopScopesAndFilters1797413000000 implements MigrationInterface {
  readonly transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    // `stopped_for`: the person for whom the operator acted. `stop_scope`: what was stopped together, null for one API.
    await runner.query(
      'alter table api_limits add column if not exists stopped_for text, add column if not exists stop_scope text',
    );
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
};

/** Of 0.2.0, whose lists of a mini-program sort without it. */
const REPLACED = ['operations_by_appid'];
