import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The `tracestate` of W3C Trace Context, beside each `traceparent`; null if the caller sent none. */
export class AddTracestate1795766400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`alter table ${table} add column tracestate text`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`alter table ${table} drop column tracestate`);
  }
}

const TABLES = ['operations', 'outbox', 'outbox_refused'];
