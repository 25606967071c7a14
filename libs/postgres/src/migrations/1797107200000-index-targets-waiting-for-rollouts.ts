import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../schema/build-index.js';

const ON = (waits: string) => `on rollout_targets (appid) where waits_for ${waits}`;

/** The targets that wait for another rollout, as the end of a target looks them up; nothing looks up those that wait for an audit. */
export class IndexTargetsWaitingForRollouts1797107200000 implements MigrationInterface {
  readonly transaction = false as const;

  async up(runner: QueryRunner): Promise<void> {
    await buildIndex(runner, 'rollout_targets_waiting_for_rollouts', ON(`= 'OTHER_ROLLOUT'`));
    await dropIndex(runner, 'rollout_targets_waiting');
  }

  async down(runner: QueryRunner): Promise<void> {
    await buildIndex(runner, 'rollout_targets_waiting', ON(`in ('OTHER_ROLLOUT', 'OPEN_AUDIT')`));
    await dropIndex(runner, 'rollout_targets_waiting_for_rollouts');
  }
}
