import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../../schema/build-index.js';

/** From version 0.2.0 to 0.3.0: the indexes of tables in use, which are read and written meanwhile. */
export class AddIndexes1797403600000 implements MigrationInterface {
  readonly transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(INDEXES)) await buildIndex(runner, name, on);
    for (const name of REPLACED) await dropIndex(runner, name);
  }

  async down(): Promise<void> {
    throw new Error('A migration is never undone: the schema of version 0.3.0 serves 0.2.0.');
  }
}

const INDEXES = {
  audits_by_id: 'on audits (audit_id, submitted_at, operation_id)',
  // With all that is counted, because the rows themselves are wide.
  audits_decided: `on audits (decided_at) include (state, submitted_at, template_id, appid) where state <> 'OPEN'`,
  audits_rejected: `on audits (decided_at) where state = 'REJECTED'`,
  audits_by_time: 'on audits (submitted_at, operation_id)',
  audits_by_state: 'on audits (state, submitted_at, operation_id)',
  audits_delayed: `on audits (submitted_at, operation_id) where state = 'OPEN' and delayed_at is not null`,
  // Those that `max_open_audits` counts.
  audits_open_of_rollout: `on audits (rollout_id) where state = 'OPEN' and rollout_id is not null`,
  authorizers_labels: 'on authorizers using gin (labels)',
  // Those that the workers renew for readers of the token service, by the time at which their renewal is due.
  authorizers_read: `on authorizers (
      ((access_token_until at time zone 'UTC') - least(interval '10 minutes', (access_token_until - access_token_at) / 4))
    ) where read_at is not null and state = 'AUTHORIZED'`,
  authorizers_renewal_wanted: `on authorizers (renewal_wanted_at) where renewal_wanted_at is not null and state = 'AUTHORIZED'`,
  // Those of a caller that count for the limits of a month. No other method writes to it, and an update that kept to one page before
  // still does: a change of `state` already wrote to all indexes.
  operations_audits_of_callers: `on operations (accepted_by, method, created_at)
    where method in ('SubmitAudit', 'SpeedUpAudit') and accepted_by is not null and state not in ('FAILED', 'CANCELLED')`,
  // Lists by method and by state. The unfinished ones have both in one index, behind the time of the last change: accept and claim
  // write to it anyway. An operation that succeeds writes to one other, at its end.
  operations_unfinished_by_id: 'on operations (id, updated_at, state, method) where ended_at is null',
  operations_finished_by_method: 'on operations (method, state, id) where ended_at is not null',
  // Changes apart from queries, in as many bytes as without the column.
  operations_of_appid: 'on operations (appid, is_change, id)',
  operations_unsuccessful: `on operations (state, id) where state in ('FAILED', 'CANCELLED')`,
};

/**
 * Indexes of 0.2.0. Each version of a row wrote to the first three; without the last two of them, its lists by state and by method scan;
 * without `operations_by_appid`, its lists of a mini-program sort. `audits_decided` serves its retention as well.
 */
const REPLACED = [
  'operations_unfinished',
  'operations_by_state',
  'operations_by_method',
  'operations_by_appid',
  'audits_ended',
];
