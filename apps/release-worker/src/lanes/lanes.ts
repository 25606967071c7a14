import type { Method } from '@wxa/contracts';
import { isChained, type LaneEntry } from './lane-entry.js';

/** The result of a lane's step: its head is done, or is repeated after a delay. */
export type LaneStep = { kind: 'done' } | { kind: 'again'; afterMs: number };

export const DONE: LaneStep = { kind: 'done' };

export function again(ms: number): LaneStep {
  return { kind: 'again', afterMs: Math.max(0, ms) };
}

/** What lanes do with their operations. */
export interface LaneSteps {
  /**
   * Runs one step of a lane's head; never rejects.
   * @param next returns the entry behind the head if it may be claimed before the step has ended.
   */
  run(head: LaneEntry, next: () => LaneEntry | undefined): Promise<LaneStep>;
  /** After an operation left its lane. */
  onRemoved?(entry: LaneEntry): void;
}

interface Lane {
  entries: LaneEntry[];
  /** The method of its head, as it is counted. */
  headMethod: Method | undefined;
  busy: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * One lane per mini-program: its operations run one at a time, in order of arrival; lanes run concurrently. A lane
 * whose head is delayed waits on a timer and uses no resource of other lanes.
 */
export class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #entries = new Map<string, LaneEntry>();
  readonly #heads = new Map<Method, number>();
  /**
   * Those loaded from Postgres during their step or claim, for example because they were released after the step found
   * them blocked. If their lane dropped them, nothing would load them again.
   */
  readonly #loadedInStep = new WeakSet<LaneEntry>();
  #busy = 0;
  #steps: LaneSteps | undefined;
  #stopped = false;
  #onIdle: () => void = () => undefined;

  /** @param mayRun false for an entry that waits until `wakeUp`; those behind it that may run pass it. */
  constructor(private readonly mayRun: (entry: LaneEntry) => boolean = () => true) {}

  /** Runs the steps of all lanes from now on. */
  start(steps: LaneSteps): void {
    this.#steps = steps;
    this.wakeUp();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Number of mini-programs with operations, and of operations in the longest lane. */
  get lengths(): { lanes: number; longest: number } {
    let longest = 0;
    for (const { entries } of this.#lanes.values()) longest = Math.max(longest, entries.length);
    return { lanes: this.#lanes.size, longest };
  }

  /** The first operation of each lane. */
  *heads(): Iterable<LaneEntry> {
    for (const { entries } of this.#lanes.values()) if (entries[0] !== undefined) yield entries[0];
  }

  has(operationId: string): boolean {
    return this.#entries.has(operationId);
  }

  /** Number of operations in the lane of a mini-program. */
  lengthOf(appid: string): number {
    return this.#lanes.get(appid)?.entries.length ?? 0;
  }

  /** Number of lanes with an operation of this method at their head. */
  headsOf(method: Method): number {
    return this.#heads.get(method) ?? 0;
  }

  /** Number of lanes with a step in progress. */
  get busy(): number {
    return this.#busy;
  }

  /** `mayRun` may have become true for waiting entries. */
  wakeUp(): void {
    for (const lane of this.#lanes.values()) this.#step(lane);
  }

  /** Appends an operation to its lane; one that is in the lane already only gets the additional record. */
  add(entry: LaneEntry): void {
    this.#put(entry, ({ length }) => length);
  }

  /**
   * Inserts an operation loaded from Postgres before those accepted later, by their UUIDv7 ids; the exact order is
   * enforced by the claim. One that is in the lane already keeps its position and gets the current ownership.
   */
  insert(entry: LaneEntry): void {
    const known = this.#entries.get(entry.operationId);
    if (known !== undefined && this.#isInStep(known)) this.#loadedInStep.add(known);
    if (known?.records.some((record) => record.isCurrent())) return;
    this.#put(entry, (entries, lane) => {
      const pinned = entries.findIndex((other, i) => !(lane.busy && i === 0) && !isChained(other));
      const from = pinned === -1 ? entries.length : pinned;
      const later = entries.findIndex((other, i) => i >= from && other.operationId > entry.operationId);
      return later === -1 ? entries.length : later;
    });
  }

  #isInStep(entry: LaneEntry): boolean {
    const lane = this.#lanes.get(entry.appid);
    return isChained(entry) || (lane?.busy === true && lane.entries[0] === entry);
  }

  #put(entry: LaneEntry, positionIn: (entries: LaneEntry[], lane: Lane) => number): void {
    if (this.#stopped) return;
    const known = this.#entries.get(entry.operationId);
    if (known !== undefined) {
      known.records.push(...entry.records);
      return;
    }
    this.#entries.set(entry.operationId, entry);
    const lane = this.#laneOf(entry.appid);
    lane.entries.splice(positionIn(lane.entries, lane), 0, entry);
    // The previous head may be delayed for longer than this entry.
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
   * Drops entries that are neither in a step nor claimed: after a rebalance Kafka redelivers every uncommitted record,
   * to this or to another worker.
   */
  dropUnclaimed(): void {
    for (const [appid, lane] of this.#lanes) {
      this.#wake(lane);
      const left = lane.entries.filter((entry, i) => (lane.busy && i === 0) || isChained(entry));
      for (const entry of lane.entries) if (!left.includes(entry)) this.#entries.delete(entry.operationId);
      lane.entries = left;
      this.#countHead(lane);
      if (left.length === 0) this.#lanes.delete(appid);
      else this.#step(lane);
    }
  }

  /** Starts no step except for claimed entries; resolves when all steps have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.dropUnclaimed();
    if (this.#busy === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #step(lane: Lane): void {
    if (this.#steps === undefined || lane.busy || lane.timer !== undefined) return;
    const head = this.#firstRunnable(lane);
    if (head === undefined || (this.#stopped && !isChained(head))) return;
    lane.busy = true;
    this.#busy += 1;
    void this.#steps.run(head, () => this.#next(lane)).then((step) => this.#after(lane, head, step));
  }

  /** Moves the first entry that may run to the head. */
  #firstRunnable(lane: Lane): LaneEntry | undefined {
    const { entries } = lane;
    const at = entries.findIndex((entry) => isChained(entry) || this.mayRun(entry));
    if (at > 0) {
      entries.unshift(...entries.splice(at, 1));
      this.#countHead(lane);
    }
    return at === -1 ? undefined : entries[0];
  }

  #next({ entries: [, next] }: Lane): LaneEntry | undefined {
    const isOwned = next?.records.some((record) => record.isCurrent());
    return isOwned && !this.#stopped && this.mayRun(next as LaneEntry) ? next : undefined;
  }

  #after(lane: Lane, head: LaneEntry, step: LaneStep): void {
    lane.busy = false;
    this.#busy -= 1;
    // Its partition was reassigned in the meantime: the new owner continues with it.
    const lost = !head.records.some((record) => record.isCurrent());
    const isLoaded = this.#loadedInStep.delete(head);
    // If it has ended, its next step finds that.
    if (isLoaded) head.memory.mayHaveEnded = true;
    if ((step.kind === 'again' || isLoaded) && !lost && !this.#stopped)
      this.#delay(lane, step.kind === 'again' ? step.afterMs : 0);
    else this.#remove(lane, head, step.kind === 'done');
    this.#step(lane);
    if (this.#busy === 0) this.#onIdle();
  }

  #delay(lane: Lane, ms: number): void {
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
    this.#steps?.onRemoved?.(head);
  }

  #countHead(lane: Lane): void {
    const method = lane.entries[0]?.method;
    if (method === lane.headMethod) return;
    if (lane.headMethod !== undefined) this.#heads.set(lane.headMethod, this.headsOf(lane.headMethod) - 1);
    if (method !== undefined) this.#heads.set(method, this.headsOf(method) + 1);
    lane.headMethod = method;
  }
}
