/** The inventory of mini-programs. Both tables lose a mini-program with its authorizer, also if version 0.2.0 deletes it. */
export const FLEET_TABLES = [
  // `live_source`: OWN or OBSERVED; REVERTED, if the version was just taken back: then `live_at` is when. `live_template`: null if no commit of that version is known. `gray_percent`: of a gray
  // release. `visit_status`: OPEN or CLOSED; with `support_version` null if it is not known. `set_at`: when this service
  // last changed one of these three. `observed`: the last read of each part. `readiness`: the items. `waits`: item, party and item:party of those
  // that are MISSING or PENDING. `due_at`: when readiness is read next, null while it cannot be; `due_parts`: those that an event asks
  // for, empty for all, null for a scheduled read of all; `tries`: reads in vain. `read_at`: when this service last asked for a read of its own. `readiness_at`: when all
  // parts were last read. `computed_at`: when the rules were last applied.
  `create table mini_programs (
    appid text primary key references authorizers on delete cascade,
    live_version text,
    live_template bigint,
    live_at timestamptz,
    live_source text check (live_source in ('OWN', 'OBSERVED', 'REVERTED')),
    gray_percent smallint not null default 0,
    visit_status text check (visit_status in ('OPEN', 'CLOSED')),
    support_version text,
    set_at timestamptz,
    observed json not null default '{}',
    readiness json not null default '{}',
    waits text[] not null default '{}',
    drifted boolean not null default false,
    tries smallint not null default 0,
    due_at timestamptz,
    due_parts text[],
    versions_at timestamptz,
    versions_due_at timestamptz,
    read_at timestamptz,
    readiness_at timestamptz,
    computed_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  ) with (fillfactor = 80)`,
  `create index mini_programs_due on mini_programs (due_at) where due_at is not null`,
  `create index mini_programs_versions_due on mini_programs (versions_due_at) where versions_due_at is not null`,
  `create index mini_programs_computed on mini_programs (computed_at)`,
  `create index mini_programs_by_template on mini_programs (live_template, appid)`,
  `create index mini_programs_by_version on mini_programs (live_version, appid)`,
  `create index mini_programs_not_live on mini_programs (appid) where live_version is null`,
  `create index mini_programs_waiting on mini_programs (appid) where waits <> '{}'`,
  `create index mini_programs_drifted on mini_programs (appid) where drifted`,

  // The last commits of a mini-program whose operations retention has deleted, so that the template of a live version stays known.
  `create table commits (
    appid text not null references authorizers on delete cascade,
    committed_at timestamptz not null,
    user_version text not null,
    template_id bigint not null,
    primary key (appid, committed_at)
  )`,
];
