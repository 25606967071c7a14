import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex } from '../../schema/build-index.js';

/** From version 0.2.0 to 0.3.0: the indexes of tables in use, which are read and written meanwhile. */
export class AddIndexes1797403600000 implements MigrationInterface {
  readonly transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(INDEXES)) await buildIndex(runner, name, on);
  }

  async down(): Promise<void> {
    throw new Error('A migration is never undone: the schema of version 0.3.0 serves 0.2.0.');
  }
}

const INDEXES = {
  audits_by_time: 'on audits (submitted_at, operation_id)',
  audits_by_state: 'on audits (state, submitted_at, operation_id)',
  audits_delayed: `on audits (submitted_at, operation_id) where state = 'OPEN' and delayed_at is not null`,
  // Those that `max_open_audits` counts.
  audits_open_of_rollout: `on audits (rollout_id) where state = 'OPEN' and rollout_id is not null`,
  authorizers_labels: 'on authorizers using gin (labels)',
  // Those of a caller that count for the limits of a month. No other method writes to it, and an update that kept to one page before
  // still does: a change of `state` already wrote to all indexes.
  operations_audits_of_callers: `on operations (accepted_by, method, created_at)
    where method in ('SubmitAudit', 'SpeedUpAudit') and accepted_by is not null and state not in ('FAILED', 'CANCELLED')`,
};
