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

/** Enforces the limits of callers. The rate is that of this process; the other limits are those of all gateways. */
export class CallerLimits {
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
