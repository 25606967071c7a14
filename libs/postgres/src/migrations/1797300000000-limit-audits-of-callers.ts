import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../schema/build-index.js';

/**
 * How many audits and speed-ups a month the policy allows the caller of the last start, resume or retry of a rollout, and the index that
 * counts those of a caller. No other method writes to it, and an update that kept to one page before still does: a change of `state`
 * already wrote to all indexes.
 */
export class LimitAuditsOfCallers1797300000000 implements MigrationInterface {
  readonly transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table rollouts add column if not exists acting_audits bigint,
      add column if not exists acting_speed_ups bigint`);
    await buildIndex(
      runner,
      'operations_audits_of_callers',
      `on operations (accepted_by, method, created_at) where method in ('SubmitAudit', 'SpeedUpAudit')
        and accepted_by is not null and state not in ('FAILED', 'CANCELLED')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndex(runner, 'operations_audits_of_callers');
    await runner.query('alter table rollouts drop column acting_speed_ups, drop column acting_audits');
  }
}
