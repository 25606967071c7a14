import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The version of an audit is that of the Commit before it in `seq`: found without reading what came in between. */
export class FindLastCommit1765252800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create index operations_committed on operations (appid, seq) where method = 'Commit' and state = 'SUCCEEDED'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index operations_committed');
  }
}
