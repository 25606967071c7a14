import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events that Kafka refuses for ever, so that they hold up no others and are not lost. */
export class SetAsideRefused1764547200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table outbox_refused (
      like outbox,
      reason text not null,
      refused_at timestamptz not null default now(),
      primary key (writer, event_id)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table outbox_refused');
  }
}
