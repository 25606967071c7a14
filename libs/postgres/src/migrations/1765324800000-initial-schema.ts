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
    fence int not null default 0,
    attempts int not null default 0,
    created_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    next_attempt_at timestamptz,
    lease_until timestamptz,
    claim_key uuid,
    claim_number int,
    parked boolean not null default false,
    blocked_by uuid,
    waits_for_api text,
    backlog text check (backlog in ('method', 'lane', 'loaded')),
    partition int,
    throttled_ms float8 not null default 0,
    noted json,
    may_have_acted boolean not null default false,
    ask_at timestamptz,
    asks int not null default 0,
    said_not_done int not null default 0,
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
  // With the time of the last change: what has not changed lately is skipped in the index, and no row of it is read.
  `create index operations_unfinished on operations (id, updated_at) where ended_at is null`,
  `create index operations_by_appid on operations (appid, id)`,
  `create index operations_by_state on operations (state, id)`,
  `create index operations_by_method on operations (method, state, id)`,
  // The version of an audit is that of the Commit before it.
  `create index operations_committed on operations (appid, seq) where method = 'Commit' and state = 'SUCCEEDED'`,
  `create index operations_delayed on operations (next_attempt_at, seq)
    where parked and backlog is null and blocked_by is null`,
  `create index operations_backlog_of_method on operations (method, seq) where backlog = 'method'`,
  `create index operations_backlog_of_lane on operations (appid, seq) where backlog = 'lane'`,
  `create index operations_loaded on operations (partition) where backlog = 'loaded'`,
  `create index operations_waiting_for_api on operations (waits_for_api) where parked and waits_for_api is not null`,
  `create index operations_to_ask on operations (ask_at) where ask_at is not null`,
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
    written_by uuid,
    primary key (writer, id)
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,
  // Events that Kafka permanently rejects, so that they delay no others and are not lost.
  `create table outbox_refused (
    like outbox,
    reason text not null,
    refused_at timestamptz not null default now(),
    primary key (writer, event_id)
  )`,

  // Leases of tasks that one process at a time may run. An advisory lock would be held by a frozen process (SIGSTOP)
  // without limit, and no outcome would be published.
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
    push_key text,
    next_poll_at timestamptz,
    poll_failures int not null default 0
  )`,
  `create index audits_by_appid on audits (appid, submitted_at)`,
  `create index audits_due on audits (next_poll_at, submitted_at) where state = 'OPEN'`,
  `create index audits_ended on audits (decided_at) where state <> 'OPEN'`,

  // One row per distinct callback, so that a duplicate is recognized.
  `create table audit_pushes (
    key text primary key,
    appid text not null,
    push json not null,
    waiting boolean not null default false,
    received_at timestamptz not null default now()
  )`,
  `create index audit_pushes_waiting on audit_pushes (appid) where waiting`,
  `create index audit_pushes_by_age on audit_pushes (received_at) where not waiting`,

  // The original id (`gh_…`) of each mini-program, as named by a callback.
  `create table original_ids (appid text primary key, original_id text not null)`,

  // To which URL a signature came first, while its timestamp is accepted: see `noteSignatures`.
  `create table push_signatures (
    signature text primary key,
    appid text not null,
    received_at timestamptz not null default now()
  )`,
  `create index push_signatures_by_age on push_signatures (received_at)`,

  // Uploads and imported refresh tokens (encrypted) until their operation ends: too large or too secret for Kafka.
  `create table operation_attachments (
    operation_id uuid primary key,
    content bytea not null,
    kept_at timestamptz not null default now()
  )`,
  // Pictures and videos are compressed already, and uncompressed values can be read in slices.
  'alter table operation_attachments alter column content set storage external',

  // One row per WeChat API: its platform-wide rate, and whether its quota is exhausted.
  `create table api_limits (
    api text primary key,
    cut_rate double precision check (cut_rate > 0),
    cut_at timestamptz,
    stopped_at timestamptz,
    stopped_until timestamptz,
    stop_errcode int,
    stop_errmsg text,
    check ((cut_rate is null) = (cut_at is null)),
    check ((stopped_at is null) = (stopped_until is null))
  ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`,

  // The next free reservation of an API, updated some ten times a second. The key has the time of the last update: while an
  // old snapshot keeps all row versions, the current one is found behind those of the last seconds, not behind all.
  `create table api_places (
    api text not null,
    period bigint not null default 0,
    next_at timestamptz,
    primary key (api, period)
  ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`,

  // Encrypted texts have the form `<key id>.<base64>`: see `Secrets`.
  `create table components (
    appid text primary key,
    ticket text,
    ticket_sent_at timestamptz,
    ticket_asked_at timestamptz,
    access_token text,
    access_token_at timestamptz,
    access_token_until timestamptz,
    last_error text,
    last_error_at timestamptz
  )`,

  // `told_at` and `told`: when WeChat sent the last applied callback, and the keys of the callbacks of that second, so
  // that a duplicate or late one changes nothing. `refresh_token_id` changes with each refresh token and each deletion,
  // `code_id` with each code: they fence writers that worked with an older one. `imported`: hash of the refresh token
  // of an import, so that a repeated import is recognized.
  `create table authorizers (
    appid text primary key,
    state text not null check (state in ('AUTHORIZED', 'NEEDS_AUTHORIZATION', 'UNAUTHORIZED')),
    told_at timestamptz,
    told text[] not null default '{}',
    permission_sets int[],
    code text,
    code_id uuid,
    refresh_token text,
    refresh_token_id uuid not null default gen_random_uuid(),
    access_token text,
    access_token_at timestamptz,
    access_token_until timestamptz,
    last_error text,
    last_error_at timestamptz,
    authorized_at timestamptz,
    imported text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (state <> 'UNAUTHORIZED' or (code is null and refresh_token is null and access_token is null))
  ) with (fillfactor = 80)`,
  `create index authorizers_with_code on authorizers (told_at) where code is not null`,
  `create index authorizers_by_state on authorizers (state, appid)`,
];

/** The schema of version 0.2.0, from which upgrades start. */
export class InitialSchema1765324800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table operations, operation_attachments, outbox, outbox_refused, leases, audits, audit_pushes,
      push_signatures, original_ids, api_limits, api_places, components, authorizers`);
  }
}
