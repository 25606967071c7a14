import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../schema/build-index.js';

/** The name of each mini-program at WeChat, and the labels that callers give it. */
export class AddAuthorizerLabels1795860000000 implements MigrationInterface {
  readonly transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table authorizers add column if not exists nick_name text not null default '',
      add column if not exists labels text[] not null default '{}'`);
    await buildIndex(runner, 'authorizers_labels', 'on authorizers using gin (labels)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndex(runner, 'authorizers_labels');
    await runner.query('alter table authorizers drop column nick_name, drop column labels');
  }
}
