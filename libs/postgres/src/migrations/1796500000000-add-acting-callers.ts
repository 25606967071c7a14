import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who started, resumed or retried a rollout last, and when: null for its creator. And a pause because of the policy. Every row fits
 * the new check, so it need not be validated under the lock.
 */
export class AddActingCallers1796500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table rollouts add column acting_caller text, add column acting_on_behalf_of text,
      add column acted_at timestamptz, drop constraint rollouts_pause_cause_check, add constraint rollouts_pause_cause_check
        check (pause_cause in ('REQUESTED', 'STOP_RULE', 'PLATFORM', 'POLICY')) not valid`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`update rollouts set pause_cause = 'REQUESTED' where pause_cause = 'POLICY'`);
    await runner.query(`alter table rollouts drop column acting_caller, drop column acting_on_behalf_of, drop column acted_at,
      drop constraint rollouts_pause_cause_check, add constraint rollouts_pause_cause_check
        check (pause_cause in ('REQUESTED', 'STOP_RULE', 'PLATFORM'))`);
  }
}
