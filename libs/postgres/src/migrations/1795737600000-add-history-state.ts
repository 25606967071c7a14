import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  // One row: whether Postgres has everything that was published. `accepted_at`: an operator declared the state of then valid,
  // so older messages are no evidence. `…_deleted_until`: retention has deleted operations that ended up to then.
  `create table history_state (
    one_row boolean primary key default true check (one_row),
    identity text,
    verified_at timestamptz,
    behind boolean not null default false,
    evidence json,
    accepted_at timestamptz,
    queries_deleted_until timestamptz,
    changes_deleted_until timestamptz
  )`,
  // Before this migration retention did not record what it deleted. An identity column without a value has numbered no row.
  `insert into history_state (queries_deleted_until, changes_deleted_until)
    select until, until from (select case
      when pg_sequence_last_value(pg_get_serial_sequence('operations', 'seq')) is not null then now() end as until) upgraded`,

  // Mini-programs whose finished operations a tool deleted before their retention: a missing one is no evidence.
  `create table history_exempt (appid text primary key, exempt_at timestamptz not null default now())`,

  // Messages of Kafka while `wxa restore` runs. Unlogged: it stages them again if Postgres crashes.
  `create unlogged table restore_events (
    topic text not null,
    partition int not null,
    at_offset bigint not null,
    ce_id text not null,
    type text not null,
    appid text not null,
    operation_id uuid,
    time timestamptz not null,
    traceparent text not null,
    value text not null,
    primary key (topic, partition, at_offset)
  )`,
  `create index restore_events_by_operation on restore_events (operation_id, type)`,
  `create index restore_events_by_type on restore_events (type, time, operation_id)`,

  // The value of the published AuditCompleted, so that it can be published again unchanged.
  `alter table audits add column decided_event json`,
];

/** What Postgres knows of its own history, and what a restore and a republication need. */
export class AddHistoryState1795737600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table history_state, history_exempt, restore_events');
    await runner.query('alter table audits drop column decided_event');
  }
}
