import { Batcher } from '@wxa/service/batcher';
import type { Pool } from 'pg';
import { isUnavailable } from '../unavailable.js';
import { type BacklogOf, type Delay, type Delayed, delay } from './delay.js';
import { findUntouched, recover, type UntouchedPage } from './find-lost.js';
import {
  type Loaded,
  lanesWithBacklog,
  loadBacklog,
  loadedIds,
  promoteDue,
  type Room,
  unload,
  unloadAll,
} from './load-backlog.js';
import { type LookUp, lookUp } from './look-up.js';
import { type MissedPage, releaseIfEnded, releaseMissed } from './release-blocked.js';

const BATCH = {
  maxBatch: 500,
  maxWaiting: 100_000,
  parallel: 1,
  splitOn: (error: unknown) => !isUnavailable(error),
};

/** The operations that wait in Postgres for capacity in a worker ([why](../../../docs/decisions/backlogs.md)). */
export class BacklogStore {
  readonly #delays: Batcher<Delay, Delayed>;
  readonly #lookUps: Batcher<{ id: string; appid: string }, LookUp>;

  constructor(private readonly pool: Pool) {
    this.#delays = new Batcher((items) => delay(pool, items), BATCH);
    this.#lookUps = new Batcher((items) => lookUp(pool, items), BATCH);
  }

  /** Delays an operation in Postgres until its worker has capacity for it. Batched. */
  delay(wanted: Delay): Promise<Delayed> {
    return this.#delays.add(wanted);
  }

  /** Whether an operation is known and has ended. Batched. */
  lookUp(id: string, appid: string): Promise<LookUp> {
    return this.#lookUps.add({ id, appid });
  }

  /** Makes operations whose delay has expired wait for capacity only. Returns how many, at most `limit`. */
  promoteDue(partitions: number[], limit: number): Promise<number> {
    return promoteDue(this.pool, partitions, limit);
  }

  /** Loads as many operations as there is capacity for, in the order of acceptance. */
  load(backlog: BacklogOf, rooms: Room[], partitions: number[]): Promise<Loaded[]> {
    return loadBacklog(this.pool, backlog, rooms, partitions);
  }

  unloadAll(partitions: number[]): Promise<void> {
    return unloadAll(this.pool, partitions);
  }

  loadedIds(partitions: number[]): Promise<string[]> {
    return loadedIds(this.pool, partitions);
  }

  unload(ids: string[]): Promise<void> {
    return unload(this.pool, ids);
  }

  lanesWithBacklog(partitions: number[]): Promise<string[]> {
    return lanesWithBacklog(this.pool, partitions);
  }

  /** Whether the blocker of an operation that was just found blocked has ended. */
  releaseIfEnded(id: string): Promise<boolean> {
    return releaseIfEnded(this.pool, id);
  }

  releaseMissed(after: string, limit: number): Promise<MissedPage> {
    return releaseMissed(this.pool, after, limit);
  }

  findUntouched(after: string, untouchedMs: number): Promise<UntouchedPage> {
    return findUntouched(this.pool, after, untouchedMs);
  }

  /** Queues operations whose command was lost for the worker that owns their partition. Returns how many. */
  recover(lost: { id: string; partition: number }[], untouchedMs: number): Promise<number> {
    return recover(this.pool, lost, untouchedMs);
  }
}
