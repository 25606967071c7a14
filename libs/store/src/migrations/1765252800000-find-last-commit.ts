import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../build-index.js';

/** The version of an audit is that of the Commit before it in `seq`: found without reading what came in between. */
export class FindLastCommit1765252800000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    const on = `on operations (appid, seq) where method = 'Commit' and state = 'SUCCEEDED'`;
    await buildIndex(runner, 'operations_committed', on);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndex(runner, 'operations_committed');
  }
}
