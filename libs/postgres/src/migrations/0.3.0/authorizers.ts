/** What the sync of authorizers and the labels of links need. */
export const AUTHORIZER_TABLES = [
  // Accounts that the sync does not bring back. `cause`: REMOVED or NOT_MINI_PROGRAM. It returns with an authorization after `told_at`.
  `create table authorizer_ignored (
    appid text primary key,
    cause text not null check (cause in ('REMOVED', 'NOT_MINI_PROGRAM')),
    told_at timestamptz not null
  )`,

  // `progress`: counts of the run, and its pages. `error`: why it failed.
  `create table authorizer_syncs (
    id bigint generated always as identity primary key,
    state text not null check (state in ('RUNNING', 'SUCCEEDED', 'FAILED')),
    progress json not null default '{}',
    started_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    error text
  )`,
  `create unique index authorizer_syncs_one_running on authorizer_syncs (state) where state = 'RUNNING'`,

  // The labels that the mini-program that authorizes by a link gets.
  `create table link_labels (
    pre_auth_code_hash bytea primary key,
    labels text[] not null,
    created_at timestamptz not null default now()
  )`,
];
