import type { MigrationInterface, QueryRunner } from 'typeorm';
import { deleteOldTrail, schemaOf } from '../1795651200000-add-trail-and-caller-usage.js';
import { AUTHORIZER_TABLES } from './authorizers.js';
import { FLEET_TABLES } from './fleet.js';
import { HISTORY_TABLES } from './history.js';
import { ROLLOUT_TABLES } from './rollouts.js';
import { SETTINGS_TABLES } from './settings.js';
import { TOKEN_TABLES } from './token-service.js';

/** From version 0.2.0 to 0.3.0. The tables in use are altered last, so that they are locked for a moment only. */
export class AddTablesAndColumns1797400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const schema = await schemaOf(runner);
    const trail = deleteOldTrail(
      schema,
      `delete from ${schema}.policies where loaded_at < statement_timestamp() - age;`,
    );
    const tables = [...HISTORY_TABLES, ...ROLLOUT_TABLES, ...SETTINGS_TABLES, ...AUTHORIZER_TABLES];
    for (const statement of [
      POLICIES,
      trail,
      INSTANCES,
      ...tables,
      ...COLUMNS,
      ...FLEET_TABLES,
      ...TOKEN_TABLES,
    ])
      await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is never undone: the schema of version 0.3.0 serves 0.2.0.');
  }
}

// The texts of the policies that gateways loaded. The application cannot change or delete them.
const POLICIES = `create table policies (
  sha256 text primary key,
  files json not null,
  loaded_at timestamptz not null default now()
)`;

// The running workers and the methods that each knows. `rate_per_api`: its WECHAT_RATE_PER_API in calls per second, 0: no limit,
// null: not reported.
const INSTANCES = `create table instances (
  id uuid primary key,
  app text not null,
  version text not null,
  methods text[] not null,
  rate_per_api double precision,
  seen_at timestamptz not null default now()
)`;

const COLUMNS = [
  // `tracestate`: null if the caller sent none. `rollout_id`: null if not of a rollout.
  // `unsent_reconciliations`: those that sent no read to WeChat. `api`: the path of a listed call, null for all others.
  `alter table operations add column tracestate text, add column rollout_id uuid,
    add column unsent_reconciliations int not null default 0, add column api text`,
  // `subject`: `ce_subject` if it is not the message key; the column `appid` holds the key.
  // `value_bytes`: the value and all headers but `event_id` are in the row of the operation, and the value has at most so many bytes.
  'alter table outbox add column tracestate text, add column subject text, add column value_bytes int',
  'alter table outbox_refused add column tracestate text, add column subject text',
  // `decided_event`: the value of the published AuditCompleted, so that it can be published again unchanged. `reason`, `screenshots`:
  // WeChat's. `template_id`: null for audits that 0.2.0 opened, and without a commit before them.
  `alter table audits add column decided_event json, add column rollout_id uuid,
    add column template_id bigint, add column reason text not null default '', add column screenshots text[] not null default '{}'`,
  // `nick_name`: at WeChat. `labels`: those that callers give it. `unlisted_at`: when a sync first missed it in WeChat's list.
  `alter table authorizers add column nick_name text not null default '', add column labels text[] not null default '{}',
    add column unlisted_at timestamptz`,
  // `operator_until`: when the stop of `stopped_by` ends; `quota_until`: when the exhausted quota returns; `stopped_until`: the later one.
  // `rate`: calls per second, 0 for no limit, null for the rate of the row `*`, or of the workers' settings without one.
  // `stopped_for`: the person for whom the operator acted. `stop_scope`: what was stopped together, null for one API.
  `alter table api_limits add column operator_until timestamptz, add column quota_until timestamptz, add column stopped_by text,
    add column stop_reason text, add column rate float8, add column stopped_for text, add column stop_scope text`,
  // How many of the unfinished operations are those of rollouts.
  'alter table caller_usage add column of_rollouts bigint not null default 0',
];
