import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  // json, not jsonb: text stays as it came, and a NUL character in it is no error.
  `create table operations (
    id uuid primary key,
    seq bigint generated always as identity,
    appid text not null,
    request_id text not null,
    request_hash bytea not null,
    method text not null,
    is_change boolean not null,
    request json not null,
    state text not null default 'QUEUED' check (state in
      ('QUEUED', 'RUNNING', 'RETRYING', 'IN_DOUBT', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
    attempt int not null default 0,
    calls int not null default 0,
    created_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    next_attempt_at timestamptz,
    lease_until timestamptz,
    claim_key uuid,
    parked boolean not null default false,
    blocked_by uuid,
    error json,
    result json,
    resolved_by text,
    resolve_reason text,
    traceparent text not null,
    updated_at timestamptz not null default now(),
    unique (appid, request_id),
    check ((ended_at is not null) = (state in ('SUCCEEDED', 'FAILED', 'CANCELLED')))
  ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)`,
  // At most one change of a mini-program is begun and unfinished: order is a fact of the database.
  `create unique index operations_one_begun_change on operations (appid)
    where is_change and state in ('RUNNING', 'RETRYING', 'IN_DOUBT')`,
  `create index operations_unfinished_changes on operations (appid, seq) where is_change and ended_at is null`,
  `create index operations_unfinished on operations (id) where ended_at is null`,
  `create index operations_by_appid on operations (appid, id)`,
  `create index operations_parked on operations (next_attempt_at) where parked`,
  `create index operations_blocked on operations (blocked_by) where parked and blocked_by is not null`,
  `create index operations_finished_queries on operations (ended_at) where not is_change and ended_at is not null`,

  `create table outbox (
    writer text not null,
    id bigint generated always as identity,
    topic text not null,
    event_id text not null,
    type text not null,
    source text not null,
    appid text not null,
    time timestamptz not null,
    traceparent text not null,
    value text not null,
    primary key (writer, id)
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,

  // Which process does what only one may do at a time. Not an advisory lock: a process that was stopped
  // (SIGSTOP, a frozen machine) would hold that for ever, and nobody would hear of any outcome.
  `create table leases (name text primary key, holder uuid not null, until timestamptz not null)`,

  `create table audits (
    operation_id uuid primary key,
    appid text not null,
    audit_id bigint not null,
    user_version text not null,
    state text not null default 'OPEN' check (state in ('OPEN', 'APPROVED', 'REJECTED', 'WITHDRAWN')),
    submitted_at timestamptz not null,
    decided_at timestamptz,
    source text check (source in ('CALLBACK', 'POLL', 'OPERATION')),
    delayed_at timestamptz,
    push_key text
  )`,
  `create index audits_by_appid on audits (appid, submitted_at)`,

  // One row per distinct push, kept so that a doubled one is known.
  `create table audit_pushes (
    key text primary key,
    appid text not null,
    push json not null,
    waiting boolean not null default false,
    received_at timestamptz not null default now()
  )`,
  `create index audit_pushes_waiting on audit_pushes (appid) where waiting`,
];

export class CreateSchema1764028800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table audit_pushes, audits, leases, outbox, operations');
  }
}
