import { METHODS, type Method, serviceOf } from '@wxa/contracts';
import type { Caller } from '@wxa/policy';
import { Gcra } from '@wxa/service';
import type { CallerUsage } from '@wxa/store';
import { type RpcError, rpcError } from '../errors/rpc-error.js';
import { callerLimited } from '../metrics.js';

const UPLOAD = 'CodeManagement/UploadAuditMedia';
/** Methods whose calls create an operation. */
const CREATING: ReadonlySet<string> = new Set(
  (Object.keys(METHODS) as Method[]).map((method) => `${serviceOf(method)}/${method}`),
);

/** Limits of one caller, as in the policy when its rate was created. */
interface Rate {
  perSecond: number;
  burst: number;
  gcra: Gcra;
}

/** Calls that were refused together would be so again if they were repeated together. */
const SPREAD_MS = 1_000;

/** What calls in progress share in this process, and the limit of a caller for it. */
export type Shared = 'streams' | 'waiting' | 'reflection';
const SHARED: ReadonlyMap<string, Shared> = new Map<string, Shared>([
  ['Operations/WatchOperations', 'streams'],
  ['Rollouts/WatchRollout', 'streams'],
  ['Operations/WaitOperation', 'waiting'],
  ['reflection', 'reflection'],
  ...(Object.entries(METHODS) as [Method, { kind: string }][])
    .filter(([, { kind }]) => kind === 'query')
    .map(([method]) => [`${serviceOf(method)}/${method}`, 'waiting'] as const),
]);
/** Each is an open stream with a descriptor of all services. */
const REFLECTIONS = 10;

/** Limits the calls in progress of each caller, so that one cannot use up what all share: to a quarter if its policy sets no limit. */
export class CallsInProgress {
  readonly #open = new Map<string, number>();

  /** @param all what all callers together may have. */
  constructor(private readonly all: Record<'streams' | 'waiting', number>) {}

  /** Counts a call. Returns the function that ends it, or the error if its caller has as many as it may. */
  begin({ name, limits }: Caller, method: string): RpcError | (() => void) {
    const shared = SHARED.get(method);
    if (shared === undefined) return () => undefined;
    const most =
      shared === 'reflection'
        ? REFLECTIONS
        : (limits[shared] ?? Math.max(1, Math.floor(this.all[shared] / 4)));
    const key = `${name} ${shared}`;
    const open = this.#open.get(key) ?? 0;
    if (open >= most) {
      callerLimited.inc({ caller: name, limit: shared });
      const message = `caller ${name} has ${open} calls in progress of the kind ${shared}, of at most ${most}`;
      return rpcError('CALLER_QUOTA_EXCEEDED', message, { caller: name, method });
    }
    this.#open.set(key, open + 1);
    let isOpen = true;
    return () => {
      if (isOpen) this.#open.set(key, (this.#open.get(key) ?? 1) - 1);
      isOpen = false;
    };
  }
}

/** Enforces the limits of callers. The rate is that of this process; the other limits are those of all gateways. */
export class CallerLimiter {
  /** By caller; at most 200 names are in a policy. */
  readonly #rates = new Map<string, Rate>();

  /** @param usageOf undefined for a caller without operations in progress. @param now milliseconds, monotonic. @param random from 0 to 1. */
  constructor(
    private readonly usageOf: (caller: string) => Pick<CallerUsage, 'unfinished' | 'uploadBytes'> | undefined,
    private readonly now: () => number = () => performance.now(),
    private readonly random: () => number = Math.random,
  ) {}

  /** Counts a call and returns the error if it exceeds a limit. @param method of the form `Service/Method`. */
  exceededBy({ name, limits }: Caller, method: string): RpcError | undefined {
    const facts = { caller: name, method };
    const { perSecond, burst = 1 } = limits;
    if (perSecond !== undefined) {
      const waitMs = this.#rate(name, perSecond, burst).tryAcquire(this.now());
      if (waitMs > 0) {
        callerLimited.inc({ caller: name, limit: 'rate' });
        const message = `caller ${name} exceeds ${perSecond} calls per second`;
        const retryAfterMs = Math.ceil(waitMs + this.random() * SPREAD_MS);
        return rpcError('CALLER_RATE_LIMITED', message, { ...facts, retryAfterMs });
      }
    }
    return this.#quota(name, limits, facts);
  }

  #quota(
    name: string,
    { unfinished, uploadBytes }: Caller['limits'],
    facts: { caller: string; method: string },
  ) {
    if (!CREATING.has(facts.method)) return undefined;
    const usage = this.usageOf(name) ?? { unfinished: 0, uploadBytes: 0 };
    if (unfinished !== undefined && usage.unfinished >= unfinished) {
      callerLimited.inc({ caller: name, limit: 'unfinished' });
      const message = `caller ${name} has ${usage.unfinished} unfinished operations, of at most ${unfinished}`;
      return rpcError('CALLER_QUOTA_EXCEEDED', message, facts);
    }
    if (facts.method === UPLOAD && uploadBytes !== undefined && usage.uploadBytes >= uploadBytes) {
      callerLimited.inc({ caller: name, limit: 'upload' });
      const message = `caller ${name} has ${usage.uploadBytes} bytes of files waiting for WeChat, of at most ${uploadBytes}`;
      return rpcError('CALLER_QUOTA_EXCEEDED', message, facts);
    }
    return undefined;
  }

  #rate(name: string, perSecond: number, burst: number): Gcra {
    const known = this.#rates.get(name);
    if (known?.perSecond === perSecond && known.burst === burst) return known.gcra;
    const gcra = new Gcra(perSecond, burst);
    this.#rates.set(name, { perSecond, burst, gcra });
    return gcra;
  }
}
