import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The next free place of an API is updated some ten times a second. While an old snapshot keeps all versions of that row, it
 * is found by the API and the time of its last update: behind the versions of the last seconds, not behind all. The name of
 * the API alone is no key, so that no index leads to all versions. `api_limits.next_at` stays for processes of an earlier
 * version that run beside this: until they end, an API can be called at up to twice its rate.
 */
export class KeepPlacesApart1765245600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table api_places (
      api text not null,
      period bigint not null default 0,
      next_at timestamptz,
      primary key (api, period)
    ) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`);
    await runner.query('insert into api_places (api, next_at) select api, next_at from api_limits');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table api_places');
  }
}
