import type { MigrationInterface, QueryRunner } from 'typeorm';

/** From version 0.2.0 to 0.3.0: rollouts that take in mini-programs that authorize later. */
export class AddContinuousRollouts1797410800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of CONTINUOUS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is never undone: the schema of version 0.3.0 serves 0.2.0.');
  }
}

const CONTINUOUS = [
  // The only state between an authorization and its target. Deleted by the turn that makes it a target.
  `create table rollout_candidates (
    rollout_id uuid not null,
    appid text not null,
    created_at timestamptz not null default clock_timestamp(),
    primary key (rollout_id, appid)
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,
  // `open`: it takes in, or will once its last submit gate opens. `intake_since`: null before it takes in. `intake_labels`: of the
  // mini-programs that match, empty for all. `intake_checked_at`: when a turn last looked for newcomers that no transaction took in.
  // `tally_day`: the day of China of `tally` and `day_submissions`. `completions_floor`: of new targets, above what lost ones had.
  `alter table rollouts add column open boolean not null default false, add column intake_since timestamptz,
    add column intake_labels text[] not null default '{}'::text[], add column intake_checked_at timestamptz,
    add column tally_day date, add column day_submissions int not null default 0,
    add column completions_floor smallint not null default 0`,
  'create index rollouts_taking_in on rollouts (intake_since desc) where open and intake_since is not null',
  // `labels_changed_at`: when it last got labels; `labels_added`: those that it got then.
  `alter table authorizers add column labels_changed_at timestamptz,
    add column labels_added text[] not null default '{}'::text[]`,
];
