import { status as Code, type Metadata } from '@grpc/grpc-js';
import { every, type Logger, untilItWorks } from '@wxa/service';
import type { DeniedCount, Store } from '@wxa/store';

const EVERY_MS = 60_000;
/** The name of all callers that are not known; no caller of a policy can have it. */
const UNKNOWN = '(unknown)';
/** Methods that a row names. A caller can call any path, of any length. */
const MAX_METHODS = 20;
const MAX_CHARACTERS = 100;

/** A call that was refused for its caller. */
export interface DeniedCall {
  /** Empty if it is not known. */
  caller: string;
  method: string;
  code: string;
  peer: string;
}

/** Whether a status refuses the caller. WeChat's refusals of a mini-program are PERMISSION_DENIED too, with another reason. */
export function isDenied(code: Code, metadata?: Metadata | null): boolean {
  if (code === Code.UNAUTHENTICATED) return true;
  if (code !== Code.PERMISSION_DENIED) return false;
  const details = metadata?.get('grpc-status-details-bin') ?? [];
  return details.some((detail) => detail.includes('CALLER_NOT_ALLOWED'));
}

type RecordingStore = { callers: Pick<Store['callers'], 'recordDenied'> };

/**
 * Counts denied calls, and records them in the trail once a minute, one row per caller: a flood of them is no flood of writes, and no
 * call waits for a write. A policy has at most 200 callers.
 */
export class DeniedCalls {
  #counts = new Map<string, DeniedCount>();
  #store: RecordingStore | undefined;
  #end: () => void = () => undefined;

  constructor(private readonly logger: Logger) {}

  add({ caller, method, code, peer }: DeniedCall): void {
    const name = caller === '' ? UNKNOWN : caller;
    const count = this.#counts.get(name) ?? {
      ...{ caller: name, peer, calls: 0, codes: {}, methods: {}, since: new Date() },
    };
    count.calls += 1;
    count.peer = peer;
    increment(count.codes, code);
    const named = method.slice(0, MAX_CHARACTERS);
    const isFull = Object.keys(count.methods).length >= MAX_METHODS;
    increment(count.methods, isFull && !Object.hasOwn(count.methods, named) ? 'others' : named);
    this.#counts.set(name, count);
  }

  start(store: RecordingStore): void {
    this.#store = store;
    this.#end = every(EVERY_MS, () => this.write()).end;
  }

  /** Records what was counted, as soon as Postgres can be reached. */
  async write(): Promise<void> {
    const store = this.#store;
    if (store === undefined || this.#counts.size === 0) return;
    const counts = [...this.#counts.values()];
    this.#counts = new Map();
    await untilItWorks(this.logger, 'the audit trail', () => store.callers.recordDenied(counts));
  }

  stop(): Promise<void> {
    this.#end();
    return this.write();
  }
}

function increment(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
