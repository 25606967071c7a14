export const FAULT_KINDS = [
  'busy',
  'errcode',
  'lost',
  'half',
  'status',
  'hang',
  'reset',
  'latency',
  'garbage',
  'rate',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** An injected fault; README.md describes each kind. */
export interface FaultSpec {
  /** An API's name, or `*`. */
  api: string;
  appid?: string | undefined;
  kind: FaultKind;
  errcode?: number | undefined;
  errmsg?: string | undefined;
  /** HTTP status of kind `status`. */
  status?: number | undefined;
  /** A delay before the call, whatever the kind. */
  ms?: number | undefined;
  /** Whether the fault applies before or after the effect. */
  when: 'before' | 'after';
  /** How often it applies; 0: until it is deleted. */
  times: number;
  /** The share of matching calls it applies to, 0 to 1. */
  rate?: number | undefined;
  /** How a held call is answered after its release. */
  releasedAs?: FaultKind | undefined;
  /** The id of another fault: this one applies once that one is spent or deleted. */
  after?: string | undefined;
}

/** A fault and its progress. */
export class Fault {
  hits = 0;
  private readonly waiting = new Set<() => void>();

  constructor(
    readonly id: string,
    readonly spec: FaultSpec,
  ) {}

  get spent(): boolean {
    return this.spec.times !== 0 && this.hits >= this.spec.times;
  }

  matches(api: string, appid: string): boolean {
    const { spec } = this;
    if (spec.api !== '*' && spec.api !== api) return false;
    if (spec.appid !== undefined && spec.appid !== appid) return false;
    return spec.rate === undefined || Math.random() < spec.rate;
  }

  /** Resolves when the fault is released or deleted. */
  hold(): Promise<void> {
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  release(): number {
    const released = this.waiting.size;
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
    return released;
  }

  status() {
    return { id: this.id, ...this.spec, hits: this.hits, held: this.waiting.size, spent: this.spent };
  }
}

/** Spent faults are kept for queries; the oldest are dropped. */
const MAX_REMEMBERED = 10_000;

export class Faults {
  private readonly all = new Map<string, Fault>();
  private active: Fault[] = [];
  private lastId = 0;

  add(spec: FaultSpec): Fault {
    this.lastId += 1;
    const fault = new Fault(String(this.lastId), spec);
    this.all.set(fault.id, fault);
    this.active.push(fault);
    if (this.all.size > MAX_REMEMBERED) this.forgetOldestSpent();
    return fault;
  }

  private forgetOldestSpent(): void {
    for (const fault of this.all.values()) {
      if (!fault.spent) continue;
      this.remove(fault.id);
      return;
    }
  }

  /** The first active fault for this call, counted as a hit. */
  take(api: string, appid: string): Fault | undefined {
    const fault = this.active.find((one) => one.matches(api, appid) && !this.mustWait(one));
    if (!fault) return undefined;
    fault.hits += 1;
    if (fault.spent) this.active = this.active.filter((one) => one !== fault);
    return fault;
  }

  private mustWait({ spec }: Fault): boolean {
    const first = spec.after === undefined ? undefined : this.all.get(spec.after);
    return first !== undefined && !first.spent;
  }

  get(id: string): Fault | undefined {
    return this.all.get(id);
  }

  list(): Fault[] {
    return [...this.all.values()];
  }

  /** Deletes a fault; calls that it holds continue. */
  remove(id: string): boolean {
    const fault = this.all.get(id);
    if (!fault) return false;
    this.active = this.active.filter((one) => one !== fault);
    fault.release();
    return this.all.delete(id);
  }

  clear(): void {
    for (const id of [...this.all.keys()]) this.remove(id);
  }
}
