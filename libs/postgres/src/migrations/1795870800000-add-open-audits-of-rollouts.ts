import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../schema/build-index.js';

/** The index of the open audits of a rollout, which `max_open_audits` counts. */
export class AddOpenAuditsOfRollouts1795870800000 implements MigrationInterface {
  readonly transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    const on = `on audits (rollout_id) where state = 'OPEN' and rollout_id is not null`;
    await buildIndex(runner, 'audits_open_of_rollout', on);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndex(runner, 'audits_open_of_rollout');
  }
}
