import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../build-index.js';

const INDEXES = {
  operations_by_state: 'on operations (state, id)',
  operations_by_method: 'on operations (method, state, id)',
};

/** Each is a part of operations_by_state. */
const REPLACED = {
  operations_unsuccessful: `on operations (state, id) where state in ('FAILED', 'CANCELLED')`,
  operations_in_doubt: `on operations (id) where state = 'IN_DOUBT'`,
};

/** A page of any state, of any method, or of both is read from an index. */
export class ListByAnyFilter1765267200000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(INDEXES)) await buildIndex(runner, name, on);
    for (const name of Object.keys(REPLACED)) await dropIndex(runner, name);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(REPLACED)) await buildIndex(runner, name, on);
    for (const name of Object.keys(INDEXES)) await dropIndex(runner, name);
  }
}
