import { setTimeout as delay } from 'node:timers/promises';
import { isMethod } from '@wxa/contracts';
import type { Owned, ReceivedRecord } from '@wxa/kafka';
import { acceptedAtMs, type BacklogOf, type BacklogStore, type Loaded } from '@wxa/store';
import { type LaneEntry, laneEntry } from '../lanes/lane-entry.js';
import type { Lanes } from '../lanes/lanes.js';
import { Poller } from '../poller.js';
import type { Room } from './room.js';

const POLL_MS = 1_000;
const STORE_RETRY_MS = 1_000;
const CHECK_EVERY_MS = 60_000;
const PROMOTED_AT_ONCE = 500;
/** Loads follow one another so often at most: then what became due meanwhile has its turn. */
const MOST_LOADS = 20;
/** A command this old may come again: its operation is looked up before it takes a reservation, a token or a permit. */
const FRESH_MS = 5_000;
/** A value of this size is kept in memory only until its operation is known to exist; a smaller one where memory is scarce. */
const LARGE_VALUE_BYTES = 16 * 1024;
const SMALL_VALUE_BYTES = 512;
const SCARCE_BYTES = 8 * 1024 * 1024;

/** What a backlog works with. */
export interface BacklogTools {
  store: Pick<
    BacklogStore,
    'delay' | 'lookUp' | 'promoteDue' | 'load' | 'unloadAll' | 'loadedIds' | 'unload' | 'lanesWithBacklog'
  >;
  lanes: Pick<Lanes, 'add' | 'insert' | 'has'>;
  room: Room;
  /** The partitions that this worker owns now. */
  partitions(): number[];
  owned(partition: number): Owned | undefined;
  /** What the records in memory take. */
  openBytes(): number;
  /** A well-formed command whose operation is not in Postgres; resolves when it is dead-lettered. */
  onUnknown(entry: LaneEntry): Promise<void>;
  onFailure(error: unknown): void;
}

/**
 * Puts operations into their lanes, and those that there is no room for into Postgres until there is
 * (docs/decisions/backlogs.md).
 */
export class Backlog {
  readonly #looks = new Poller(POLL_MS, () => this.#poll());
  /** The assignment changed, and what earlier owners left in Postgres was not looked at. */
  #isNew = true;
  #checkedAt = performance.now();
  #stopped = false;

  constructor(private readonly tools: BacklogTools) {}

  start(): void {
    this.#looks.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#looks.stop();
  }

  /** The partitions were assigned; what waited in lanes has left them. */
  onAssigned(): void {
    this.#isNew = true;
    this.tools.room.forget();
    this.#looks.wakeUp();
  }

  /** Takes an operation whose command was read. */
  receive(entry: LaneEntry, record: ReceivedRecord): void {
    const { lanes, room } = this.tools;
    const backlog = lanes.has(entry.operationId) ? undefined : room.backlogFor(entry);
    if (backlog !== undefined) {
      this.#delay(entry, backlog);
      return;
    }
    entry.mayHaveEnded ||= Date.now() - acceptedAtMs(entry.operationId) > FRESH_MS;
    lanes.add(entry);
    const kept = this.tools.openBytes() > SCARCE_BYTES ? SMALL_VALUE_BYTES : LARGE_VALUE_BYTES;
    if ((record.value?.length ?? 0) > kept) void this.#dropValue(entry, record);
  }

  /** Takes operations that come back from Postgres; what there is no room for is left there. */
  insert(loaded: Loaded[]): void {
    for (const one of loaded) {
      const entry = this.#entryOf(one);
      if (entry !== undefined && !this.#isLaneFull(entry)) this.tools.lanes.insert(entry);
    }
  }

  #entryOf({ id, appid, method, partition, isRetry, requestBytes, dueForMs }: Loaded): LaneEntry | undefined {
    const ownership = this.tools.owned(partition);
    if (ownership === undefined || !isMethod(method)) return undefined;
    const dueSince = performance.now() - dueForMs;
    return { ...laneEntry(id, appid, method, ownership), isRetry, requestBytes, dueSince };
  }

  #isLaneFull({ operationId, appid }: LaneEntry): boolean {
    return !this.tools.lanes.has(operationId) && this.tools.room.isLaneFull(appid);
  }

  /** An operation left its lane. */
  onRemoved(entry: LaneEntry): void {
    if (this.tools.room.isWorthLoading(entry)) this.#looks.wakeUp();
  }

  /** An operation that waits in Postgres may have become due. */
  wakeUp(): void {
    this.#looks.wakeUp();
  }

  #delay(entry: LaneEntry, backlog: BacklogOf): void {
    const written = this.tools.room.wait(backlog, entry);
    void this.#write(entry, backlog).finally(() => {
      written();
      this.onRemoved(entry);
    });
  }

  /** Writes it, until Postgres has it: then its offset may be committed. */
  #write(entry: LaneEntry, backlog: BacklogOf): Promise<void> {
    const { store, onUnknown } = this.tools;
    const { operationId: id, appid, partition, records } = entry;
    return this.#whileCurrent(records, async () => {
      if ((await store.delay({ id, appid, partition, backlog })) === 'unknown') await onUnknown(entry);
      for (const record of records) record.done();
    });
  }

  #dropValue({ operationId, appid }: LaneEntry, record: ReceivedRecord): Promise<void> {
    return this.#whileCurrent([record], async () => {
      // One that is unknown is dead-lettered with its value, when it is claimed.
      if ((await this.tools.store.lookUp(operationId, appid)).known) record.dropValue();
    });
  }

  /** Tries until it works, as long as one of these is still ours. */
  async #whileCurrent(records: Owned[], task: () => Promise<void>): Promise<void> {
    while (!this.#stopped && records.some((record) => record.isCurrent())) {
      try {
        await task();
        return;
      } catch (error) {
        this.tools.onFailure(error);
        await delay(STORE_RETRY_MS);
      }
    }
  }

  async #poll(): Promise<void> {
    const { store, partitions } = this.tools;
    if (partitions().length === 0) return;
    if (this.#isNew) await this.#try(() => this.#takeOver(partitions()));
    await this.#try(async () => {
      while ((await store.promoteDue(partitions(), PROMOTED_AT_ONCE)) === PROMOTED_AT_ONCE);
    });
    await this.#try(async () => {
      for (let i = 0; i < MOST_LOADS; i++) if ((await this.#loadFor('method')) === 0) break;
    });
    await this.#try(async () => {
      for (let i = 0; i < MOST_LOADS; i++) if ((await this.#loadFor('lane')) === 0) break;
    });
    await this.#try(() => this.#check(partitions()));
  }

  /** One task that fails does not stop the others. */
  async #try(task: () => Promise<void>): Promise<void> {
    await task().catch(this.tools.onFailure);
  }

  /** What an earlier owner had in memory waits for room again. */
  async #takeOver(partitions: number[]): Promise<void> {
    const { store, room } = this.tools;
    this.#isNew = false;
    try {
      await store.unloadAll(partitions);
      room.foundLanes(await store.lanesWithBacklog(partitions));
    } catch (error) {
      this.#isNew = true;
      throw error;
    }
  }

  /** Fills the room that there is; how many were loaded. */
  async #loadFor(backlog: BacklogOf): Promise<number> {
    const { store, lanes, room, partitions } = this.tools;
    const free = backlog === 'method' ? room.ofMethods() : room.ofLanes();
    if (free.length === 0) return 0;
    const loaded = await store.load(backlog, free, partitions());
    room.loaded(
      backlog,
      free,
      countBy(loaded, ({ method, appid }) => (backlog === 'method' ? method : appid)),
    );
    const unowned: string[] = [];
    for (const one of loaded) {
      const entry = this.#entryOf(one);
      if (entry === undefined) unowned.push(one.id);
      else if (this.#isLaneFull(entry)) this.#delay(entry, 'lane');
      else lanes.insert(entry);
    }
    // Their partition was lost meanwhile, and its new owner may have looked before.
    if (unowned.length > 0) await store.unload(unowned);
    return loaded.length;
  }

  /** Once a minute: what Postgres takes for loaded is in a lane, or it waits for room again. */
  async #check(partitions: number[]): Promise<void> {
    const { store, lanes, room } = this.tools;
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_EVERY_MS) return;
    this.#checkedAt = now;
    const missing = (await store.loadedIds(partitions)).filter((id) => !lanes.has(id));
    if (missing.length > 0) await store.unload(missing);
    // An owner that was about to lose its partition may have written some since it was taken over.
    room.foundLanes(await store.lanesWithBacklog(partitions));
  }
}

function countBy<T>(items: T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
