import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  // Sealed texts are of the form `<key id>.<base64>`: see `Secrets`.
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

  // `told_at` and `told`: when WeChat sent the push that was applied last, and the keys of those of that second, so
  // that a doubled or late one changes nothing. `refresh_token_id` is new with each refresh token and with each wipe,
  // `code_id` with each code: who worked with an older one must not write.
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
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (state <> 'UNAUTHORIZED' or (code is null and refresh_token is null and access_token is null))
  ) with (fillfactor = 80)`,
  `create index authorizers_with_code on authorizers (told_at) where code is not null`,
  `create index authorizers_by_state on authorizers (state, appid)`,
];

/** What the third-party platform was entrusted with: its ticket and token, and who authorized it. */
export class KeepAuthorizers1764633600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table authorizers, components');
  }
}
