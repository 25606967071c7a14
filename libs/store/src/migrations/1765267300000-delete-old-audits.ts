import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndex, dropIndex } from '../build-index.js';

const INDEXES = {
  audit_pushes_by_age: 'on audit_pushes (received_at) where not waiting',
  audits_ended: `on audits (decided_at) where state <> 'OPEN'`,
};

/** Pushes and audits that are old enough are found without reading the others. */
export class DeleteOldAudits1765267300000 implements MigrationInterface {
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(INDEXES)) await buildIndex(runner, name, on);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await dropIndex(runner, name);
  }
}
