import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../../schema/build-index.js';

/** From version 0.2.0 to 0.3.0: whose stops hold operations, and the changes of a mini-program among its queries. */
export class AddStopScopesAndHistory1797412000000 implements MigrationInterface {
  readonly transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    // `stopped_for`: the person for whom the operator acted. `stop_scope`: what was stopped together, null for one API.
    await runner.query(
      'alter table api_limits add column if not exists stopped_for text, add column if not exists stop_scope text',
    );
    // Changes apart from queries, in as many bytes as without the column.
    await buildIndex(runner, 'operations_of_appid', 'on operations (appid, is_change, id)');
    // Of 0.2.0, whose lists of a mini-program sort without it.
    await dropIndex(runner, 'operations_by_appid');
  }

  async down(): Promise<void> {
    throw new Error('A migration is never undone: the schema of version 0.3.0 serves 0.2.0.');
  }
}
