import { setTimeout as delay } from 'node:timers/promises';
import { isMethod } from '@wxa/contracts';
import type { Owned, ReceivedRecord, RecordConsumer } from '@wxa/kafka';
import { acceptedAtMs } from '@wxa/operations';
import type { BacklogOf, Loaded } from '@wxa/operations/backlog';
import { Poller } from '@wxa/service';
import type { Store } from '@wxa/store';
import { type LaneEntry, laneEntry } from '../lanes/lane-entry.js';
import type { Lanes } from '../lanes/lanes.js';
import type { Spans } from '../spans.js';
import type { LaneRoom } from './room.js';

const POLL_MS = 1_000;
const STORE_RETRY_MS = 1_000;
const CHECK_EVERY_MS = 60_000;
const PROMOTE_BATCH = 500;
/** Maximum of consecutive loads, so that operations that became due meanwhile are promoted. */
const MAX_LOADS = 20;
/** A command older than this may be a redelivery: its operation is looked up before it takes a reservation, token or permit. */
const FRESH_MS = 5_000;
/** A value of this size stays in memory only until its operation is known to exist; a smaller one if memory is scarce. */
const LARGE_VALUE_BYTES = 16 * 1024;
const SMALL_VALUE_BYTES = 512;
const SCARCE_BYTES = 8 * 1024 * 1024;

export interface BacklogTools {
  store: Pick<
    Store['backlog'],
    'delay' | 'lookUp' | 'promoteDue' | 'load' | 'unloadAll' | 'loadedIds' | 'unload' | 'lanesWithBacklog'
  >;
  lanes: Pick<Lanes, 'add' | 'insert' | 'has'>;
  room: LaneRoom;
  /** A well-formed command whose operation is not in Postgres; resolves once it is dead-lettered. */
  onUnknown(entry: LaneEntry): Promise<void>;
  onFailure(error: unknown): void;
  spans?: Pick<Spans, 'ended'> | undefined;
}

/** The partitions that this worker owns, and the size of their records in memory. */
type Assignment = Pick<RecordConsumer, 'assigned' | 'owned' | 'inFlightBytes'>;

const NOTHING: Assignment = { assigned: [], owned: () => undefined, inFlightBytes: 0 };

/**
 * Puts operations into their lanes, and delays those without room in Postgres (docs/decisions/backlogs.md).
 */
export class Backlog {
  readonly #poller = new Poller(POLL_MS, () => this.#poll());
  /** The assignment changed, and the operations that previous owners left in Postgres are not taken over yet. */
  #isNew = true;
  #checkedAt = performance.now();
  #assignment = NOTHING;
  #stopped = false;

  constructor(private readonly tools: BacklogTools) {}

  /** To be called before `start`. @param assignment which changes whenever partitions are assigned. */
  follow(assignment: Assignment): void {
    this.#assignment = assignment;
  }

  start(): void {
    this.#poller.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#poller.stop();
  }

  /** Partitions were assigned; waiting operations have been dropped from their lanes. */
  onAssigned(): void {
    this.#isNew = true;
    this.tools.room.forget();
    this.#poller.wakeUp();
  }

  /** Takes the operation of a command from Kafka. */
  receive(entry: LaneEntry, record: ReceivedRecord): void {
    const { lanes, room } = this.tools;
    const backlog = lanes.has(entry.operationId) ? undefined : room.backlogFor(entry);
    if (backlog !== undefined) {
      this.#delay(entry, backlog);
      return;
    }
    entry.memory.mayHaveEnded ||= Date.now() - acceptedAtMs(entry.operationId) > FRESH_MS;
    lanes.add(entry);
    const maxBytes = this.#assignment.inFlightBytes > SCARCE_BYTES ? SMALL_VALUE_BYTES : LARGE_VALUE_BYTES;
    if ((record.value?.length ?? 0) > maxBytes) void this.#dropValue(entry, record);
  }

  /** Takes operations loaded from Postgres; those without room stay there. */
  insert(loaded: Loaded[]): void {
    for (const one of loaded) {
      const entry = this.#entryOf(one);
      if (entry !== undefined && !this.#isLaneFull(entry)) this.tools.lanes.insert(entry);
    }
  }

  #entryOf(loaded: Loaded): LaneEntry | undefined {
    const { id, appid, method, partition, isRetry, requestBytes, dueForMs } = loaded;
    const api = loaded.api ?? undefined;
    const ownership = this.#assignment.owned(partition);
    if (ownership === undefined || !isMethod(method)) return undefined;
    const dueSince = performance.now() - dueForMs;
    return laneEntry(id, appid, method, ownership, { isRetry, requestBytes, dueSince, api });
  }

  #isLaneFull({ operationId, appid }: LaneEntry): boolean {
    return !this.tools.lanes.has(operationId) && this.tools.room.isLaneFull(appid);
  }

  onRemoved(entry: LaneEntry): void {
    this.tools.spans?.ended(entry);
    if (this.tools.room.isWorthLoading(entry)) this.#poller.wakeUp();
  }

  /** An operation delayed in Postgres may have become due. */
  wakeUp(): void {
    this.#poller.wakeUp();
  }

  #delay(entry: LaneEntry, backlog: BacklogOf): void {
    const written = this.tools.room.wait(backlog, entry);
    void this.#write(entry, backlog).finally(() => {
      written();
      this.onRemoved(entry);
    });
  }

  /** Retries until Postgres has stored the delay: then the offset may be committed. */
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
      // An unknown one is dead-lettered with its value when it is claimed.
      if ((await this.tools.store.lookUp({ id: operationId, appid })).known) record.dropValue();
    });
  }

  /** Retries a task until it succeeds, while this worker owns one of the records. */
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

  get #partitions(): number[] {
    return this.#assignment.assigned;
  }

  async #poll(): Promise<void> {
    const { store } = this.tools;
    if (this.#partitions.length === 0) return;
    if (this.#isNew) await this.#runTask(() => this.#takeOver(this.#partitions));
    await this.#runTask(async () => {
      while ((await store.promoteDue(this.#partitions, PROMOTE_BATCH)) === PROMOTE_BATCH);
    });
    await this.#runTask(async () => {
      for (let i = 0; i < MAX_LOADS; i++) if ((await this.#loadFor('method')) === 0) break;
    });
    await this.#runTask(async () => {
      for (let i = 0; i < MAX_LOADS; i++) if ((await this.#loadFor('lane')) === 0) break;
    });
    await this.#runTask(() => this.#check(this.#partitions));
  }

  /** A failed task does not stop the others. */
  async #runTask(task: () => Promise<void>): Promise<void> {
    await task().catch(this.tools.onFailure);
  }

  /** Operations that a previous owner had in memory wait for room again. */
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

  /** Fills the free room; returns the number of operations loaded. */
  async #loadFor(backlog: BacklogOf): Promise<number> {
    const { store, lanes, room } = this.tools;
    const free = backlog === 'method' ? room.ofMethods() : room.ofLanes();
    if (free.length === 0) return 0;
    const loaded = await store.load(backlog, free, this.#partitions);
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
    // Their partition was lost meanwhile, and its new owner may have polled before.
    if (unowned.length > 0) await store.unload(unowned);
    return loaded.length;
  }

  /** Once a minute: an operation that is marked as loaded but in no lane waits for room again. */
  async #check(partitions: number[]): Promise<void> {
    const { store, lanes, room } = this.tools;
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_EVERY_MS) return;
    this.#checkedAt = now;
    const missing = (await store.loadedIds(partitions)).filter((id) => !lanes.has(id));
    if (missing.length > 0) await store.unload(missing);
    // A previous owner may have written more after the takeover.
    room.foundLanes(await store.lanesWithBacklog(partitions));
  }
}

function countBy<T>(items: T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
