/** What Postgres knows of its own history, and what a restore needs. */
export const HISTORY_TABLES = [
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
  // Before this migration retention did not record what it deleted. An identity column without a value has numbered no row. A backup
  // excuses no change that was accepted after it.
  `insert into history_state (queries_deleted_until, changes_deleted_until)
    select until, (select created_at from operations order by id desc limit 1) from (select case
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
];
