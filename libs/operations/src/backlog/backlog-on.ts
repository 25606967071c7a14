import { type Batches, bound } from '@wxa/postgres';
import type { Pool } from 'pg';
import { lookUp } from '../lists/read-operations.js';
import { delay } from './delay.js';
import * as lost from './find-lost.js';
import * as loading from './load-backlog.js';
import { releaseIfEnded, releaseMissed } from './release-blocked.js';

export const BACKLOG = { maxBatch: 500, maxWaiting: 100_000, parallel: 1 };

/** The statements of operations that wait in Postgres. */
export function backlogOn(shared: Batches, calls: Pool) {
  return {
    delay: shared.of('other', delay.bind(undefined, calls), BACKLOG),
    lookUp: shared.of('other', lookUp.bind(undefined, calls), BACKLOG),
    ...bound([calls], { ...loading, ...lost, releaseIfEnded, releaseMissed }),
  };
}
