/** Rollouts, their waves, counts, targets, wake-ups and journals, and the audit quota that they spend. */
export const ROLLOUT_TABLES = [
  // `spec`: proto3 JSON of RolloutSpec. `submit_wave`, `release_wave`: the gates up to these waves are open. `tally`: per step,
  // passed, failed and in doubt since the start or the last resume. `drifted`: targets with `drifted_domains`. `latest`: the positions of the targets that moved last,
  // newest first. `version`: + 1 with each change. `next_turn_at`: null if only a wake-up starts the next turn. `acting_*`: who
  // started, resumed or retried it last, null for the creator; how many unfinished operations, and audits and speed-ups of a
  // month, the policy allows this caller.
  `create table rollouts (
    id uuid primary key,
    caller text not null,
    on_behalf_of text not null default '',
    request_id text not null,
    request_hash bytea not null,
    spec json not null,
    state text not null check (state in ('DRAFT', 'RUNNING', 'PAUSED', 'CANCELLING', 'CANCELLED', 'COMPLETED')),
    pause_cause text check (pause_cause in ('REQUESTED', 'STOP_RULE', 'PLATFORM', 'POLICY')),
    pause_detail text,
    pause_explanation json,
    targets int not null default 0,
    waves_stale boolean not null default true,
    submit_wave smallint not null default 0,
    release_wave smallint not null default 0,
    submissions int not null default 0,
    speed_ups int not null default 0,
    drifted int not null default 0,
    tally json not null default '{}',
    holds json not null default '[]',
    latest int[] not null default '{}',
    minute_at timestamptz,
    steps_in_minute int not null default 0,
    steps_last_minute int not null default 0,
    last_seq bigint not null default 0,
    version bigint not null default 0,
    next_turn_at timestamptz,
    last_turn_at timestamptz not null,
    rollback_of uuid,
    rolled_back_by uuid,
    acting_caller text,
    acting_on_behalf_of text,
    acting_unfinished bigint,
    acting_audits bigint,
    acting_speed_ups bigint,
    acted_at timestamptz,
    created_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    updated_at timestamptz not null,
    unique (caller, request_id)
  ) with (fillfactor = 50)`,
  `create index rollouts_live on rollouts (id) where state in ('RUNNING', 'PAUSED', 'CANCELLING')`,

  // `*_reached_at`: when the percentage of a gate was first reached. `*_announced`: RolloutGateReached was written.
  `create table rollout_waves (
    rollout_id uuid not null,
    wave smallint not null,
    targets int not null,
    ended_at timestamptz,
    submit_reached_at timestamptz,
    submit_opened_at timestamptz,
    submit_announced boolean not null default false,
    release_reached_at timestamptz,
    release_opened_at timestamptz,
    release_announced boolean not null default false,
    primary key (rollout_id, wave)
  )`,

  // Exact: changed by delta under the lock of the rollout's row.
  `create table rollout_counts (
    rollout_id uuid not null,
    wave smallint not null,
    step smallint not null,
    state text not null,
    waits_for text not null default '',
    targets int not null,
    primary key (rollout_id, wave, step, state, waits_for)
  ) with (fillfactor = 50)`,

  // `step`: the number of RolloutStep. `wave_given`: by AddRolloutTargets. `holds_appid`: from the first admission to the final
  // state. The error is a copy, because retention deletes changes after 90 days and queries after one. `gray_share`: of its last
  // gray step, in percent, null before it. `released`: to all users.
  `create table rollout_targets (
    rollout_id uuid not null,
    position int not null,
    appid text not null,
    wave smallint not null default 0,
    wave_given smallint not null default 0,
    step smallint not null,
    state text not null default 'PENDING' check (state in
      ('PENDING', 'RUNNING', 'WAITING', 'IN_DOUBT', 'SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED')),
    part smallint not null default 0,
    attempt smallint not null default 1,
    completions smallint not null default 0,
    holds_appid boolean not null default false,
    waits_for text,
    due_at timestamptz,
    privacy_at timestamptz,
    operation_id uuid,
    audit_operation_id uuid,
    audit_id bigint,
    audit_delayed boolean not null default false,
    baseline_version text,
    gray_share smallint,
    released boolean not null default false,
    error json,
    reason text,
    errcode int,
    error_title text,
    ext_patch json,
    items json,
    check_results json,
    checked_items json,
    settings_hash text,
    drifted_domains json,
    updated_at timestamptz not null,
    primary key (rollout_id, position),
    unique (appid, rollout_id),
    check ((state = 'WAITING') = (waits_for is not null))
  ) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)`,
  `create index rollout_targets_by_state on rollout_targets (rollout_id, state, step, wave, position)`,
  `create index rollout_targets_due on rollout_targets (rollout_id, due_at) where due_at is not null`,
  `create unique index rollout_targets_one_holder on rollout_targets (appid) where holds_appid`,
  // As the end of a target, and a read of its mini-program, look them up.
  `create index rollout_targets_waiting on rollout_targets (appid) where waits_for in ('OTHER_ROLLOUT', 'READINESS', 'READ', 'INTERFACE')`,

  // Written by the statements that end an operation, deleted by turns. They only say: look at this target.
  `create table rollout_wakeups (
    id bigint generated always as identity primary key,
    rollout_id uuid not null,
    appid text not null
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,
  `create index rollout_wakeups_by_rollout on rollout_wakeups (rollout_id, id)`,

  // The journal, the queue of batch commands and the source of events. `args`: the filter and from_step of a command, the hold
  // of HELD. `cursor`, `moved`, `total`: progress of a command, by position.
  `create table rollout_changes (
    rollout_id uuid not null,
    seq bigint not null,
    type text not null,
    at timestamptz not null,
    caller text not null default '',
    on_behalf_of text not null default '',
    reason text not null default '',
    wave smallint not null default 0,
    gate text,
    args json,
    moved int not null default 0,
    total int not null default 0,
    cursor int,
    done boolean not null default true,
    published boolean not null default false,
    primary key (rollout_id, seq)
  )`,
  `create index rollout_changes_open on rollout_changes (rollout_id, seq) where not (done and published)`,

  // One row per platform; '' if its appid is not known. `lifted_at`: when a worker last lifted the stop after an 85085.
  `create table audit_quota (
    component_appid text primary key,
    rest int,
    "limit" int,
    speedup_rest int,
    speedup_limit int,
    observed_at timestamptz,
    submitted_since int not null default 0,
    operation_id uuid,
    queried_at timestamptz,
    lifted_at timestamptz
  )`,
];
