import type { Method } from '@wxa/contracts';
import type { LaneEntry } from './lane-entry.js';

/** What a step of a lane came to: its head is done with, or is to be tried again after a while. */
export type LaneStep = { kind: 'done' } | { kind: 'again'; afterMs: number };

interface Lane {
  entries: LaneEntry[];
  /** The method of its head, as it is counted. */
  headMethod: Method | undefined;
  busy: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * One lane per mini-program: its operations run one at a time, in the order they came; lanes run side by side. A
 * lane whose head waits is parked on a timer and takes nothing from the others.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #entries = new Map<string, LaneEntry>();
  readonly #heads = new Map<Method, number>();
  #busy = 0;
  #stopped = false;
  #onIdle: () => void = () => undefined;

  /**
   * @param run takes one step with the head of a lane; never rejects. `next` gives the one behind the head, where that may
   *   be claimed before the step has ended.
   * @param onRemoved after an operation left its lane.
   */
  constructor(
    private readonly run: (head: LaneEntry, next: () => LaneEntry | undefined) => Promise<LaneStep>,
    private readonly onRemoved: (entry: LaneEntry) => void = () => undefined,
  ) {}

  /** How many operations are in lanes. */
  get size(): number {
    return this.#entries.size;
  }

  has(operationId: string): boolean {
    return this.#entries.has(operationId);
  }

  /** How many operations are in the lane of a mini-program. */
  lengthOf(appid: string): number {
    return this.#lanes.get(appid)?.entries.length ?? 0;
  }

  /** How many lanes have an operation of this method at their head. */
  headsOf(method: Method): number {
    return this.#heads.get(method) ?? 0;
  }

  /** How many lanes are in a step now. */
  get busy(): number {
    return this.#busy;
  }

  /** Puts an operation at the end of its lane; one that is there already only gets the further record. */
  add(entry: LaneEntry): void {
    this.#put(entry, ({ length }) => length);
  }

  /**
   * Puts one that comes back from Postgres before what was accepted later, as far as ids tell (UUIDv7): a claim knows the
   * order. One that is in the lane already stays in its place, under the present ownership of its partition.
   */
  insert(entry: LaneEntry): void {
    const known = this.#entries.get(entry.operationId);
    if (known !== undefined && this.#isInStep(known)) known.loadedInStep = true;
    if (known?.records.some((record) => record.isCurrent())) return;
    this.#put(entry, (entries, lane) => {
      const pinned = entries.findIndex((other, i) => !(lane.busy && i === 0) && !isClaimed(other));
      const from = pinned === -1 ? entries.length : pinned;
      const later = entries.findIndex((other, i) => i >= from && other.operationId > entry.operationId);
      return later === -1 ? entries.length : later;
    });
  }

  #isInStep(entry: LaneEntry): boolean {
    const lane = this.#lanes.get(entry.appid);
    return isClaimed(entry) || (lane?.busy === true && lane.entries[0] === entry);
  }

  #put(entry: LaneEntry, placeIn: (entries: LaneEntry[], lane: Lane) => number): void {
    if (this.#stopped) return;
    const known = this.#entries.get(entry.operationId);
    if (known !== undefined) {
      known.records.push(...entry.records);
      return;
    }
    this.#entries.set(entry.operationId, entry);
    const lane = this.#laneOf(entry.appid);
    lane.entries.splice(placeIn(lane.entries, lane), 0, entry);
    // What waited at the head may wait longer than this one.
    if (lane.entries[0] === entry) this.#wake(lane);
    this.#countHead(lane);
    this.#step(lane);
  }

  #laneOf(appid: string): Lane {
    const known = this.#lanes.get(appid);
    if (known !== undefined) return known;
    const lane: Lane = { entries: [], headMethod: undefined, busy: false, timer: undefined };
    this.#lanes.set(appid, lane);
    return lane;
  }

  #wake(lane: Lane): void {
    clearTimeout(lane.timer);
    lane.timer = undefined;
  }

  /**
   * Forgets what is not in a step and not claimed: after a new assignment every record that was not done comes again, here or
   * at another worker.
   */
  dropUnclaimed(): void {
    for (const [appid, lane] of this.#lanes) {
      this.#wake(lane);
      const kept = lane.entries.filter((entry, i) => (lane.busy && i === 0) || isClaimed(entry));
      for (const entry of lane.entries) if (!kept.includes(entry)) this.#entries.delete(entry.operationId);
      lane.entries = kept;
      this.#countHead(lane);
      if (kept.length === 0) this.#lanes.delete(appid);
      else this.#step(lane);
    }
  }

  /** Begins no further step but with what is claimed; resolves when all of those have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.dropUnclaimed();
    if (this.#busy === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #step(lane: Lane): void {
    const [head] = lane.entries;
    if (head === undefined || lane.busy || lane.timer !== undefined) return;
    if (this.#stopped && !isClaimed(head)) return;
    lane.busy = true;
    this.#busy += 1;
    void this.run(head, () => this.#next(lane)).then((step) => this.#after(lane, head, step));
  }

  #next({ entries: [, next] }: Lane): LaneEntry | undefined {
    const isOurs = next?.records.some((record) => record.isCurrent());
    return isOurs && !this.#stopped ? next : undefined;
  }

  #after(lane: Lane, head: LaneEntry, step: LaneStep): void {
    lane.busy = false;
    this.#busy -= 1;
    // Its partition went to another worker in the meantime: that one goes on with it.
    const lost = !head.records.some((record) => record.isCurrent());
    const isLoaded = isLoadedSince(head);
    if ((step.kind === 'again' || isLoaded) && !lost && !this.#stopped)
      this.#park(lane, step.kind === 'again' ? step.afterMs : 0);
    else this.#remove(lane, head, step.kind === 'done');
    this.#step(lane);
    if (this.#busy === 0) this.#onIdle();
  }

  #park(lane: Lane, ms: number): void {
    lane.timer = setTimeout(() => {
      lane.timer = undefined;
      this.#step(lane);
    }, ms);
  }

  #remove(lane: Lane, head: LaneEntry, done: boolean): void {
    if (done) for (const record of head.records) record.done();
    lane.entries.shift();
    this.#entries.delete(head.operationId);
    if (lane.entries.length === 0) this.#lanes.delete(head.appid);
    this.#countHead(lane);
    this.onRemoved(head);
  }

  #countHead(lane: Lane): void {
    const method = lane.entries[0]?.method;
    if (method === lane.headMethod) return;
    if (lane.headMethod !== undefined) this.#heads.set(lane.headMethod, this.headsOf(lane.headMethod) - 1);
    if (method !== undefined) this.#heads.set(method, this.headsOf(method) + 1);
    lane.headMethod = method;
  }
}

function isClaimed(entry: LaneEntry | undefined): boolean {
  return entry !== undefined && (entry.isClaiming || entry.claimed !== undefined);
}

/**
 * Whether it was loaded from Postgres during the step: it was blocked then, say, and has been released since. If its lane let
 * it go, nothing would load it again. One that has ended all the same is soon found to have.
 */
function isLoadedSince(entry: LaneEntry): boolean {
  const { loadedInStep } = entry;
  entry.loadedInStep = false;
  entry.mayHaveEnded ||= loadedInStep;
  return loadedInStep;
}
