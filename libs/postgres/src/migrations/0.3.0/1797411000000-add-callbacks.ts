import type { MigrationInterface, QueryRunner } from 'typeorm';

/** From version 0.2.0 to 0.3.0: what is remembered about WeChat's callbacks. */
export class AddCallbacks1797411000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of CALLBACKS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is never undone: the schema of version 0.3.0 serves 0.2.0.');
  }
}

const CALLBACKS = [
  // Identities and signatures of published callbacks, for 15 minutes.
  `create table callback_keys (
    key text primary key,
    appid text not null,
    received_at timestamptz not null default now()
  ) with (autovacuum_vacuum_scale_factor = 0.02)`,
  `create index callback_keys_by_age on callback_keys (received_at)`,
  // Which callbacks this platform receives. `seen`: deliveries.
  `create table callback_names (
    kind text not null,
    name text not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    seen bigint not null,
    primary key (kind, name)
  )`,
];
