import type { Random } from '../random.js';
import { type LoadContext, MiniProgramCaller } from './caller.js';

/** The workloads need this many calls per second to each API. */
const MIN_PER_SECOND = 6;
/** By how much the backlog outlasts the faults, even if no call fails. */
const OUTLAST_SECONDS = 5;
/** The number of concurrent requests. */
const CONCURRENT_REQUESTS = 40;
/** A few mini-programs commit too; for more the workloads leave no room. */
const COMMITS_EVERY = 10;

/** How many changes are accepted at the start, and how slowly they may be executed. */
export interface FleetPlan {
  appids: readonly string[];
  /** SetSupportVersion of all mini-programs together; no other load uses it then. */
  changes: number;
  /** Calls per second to one API: the value of WECHAT_RATE_PER_API. */
  perSecond: number;
}

/** Plans a backlog that lasts longer than `seconds`; undefined without a fleet. */
export function planFleet(count: number, seconds: number): FleetPlan | undefined {
  if (count === 0) return undefined;
  const lasts = seconds + OUTLAST_SECONDS;
  const perSecond = Math.max(MIN_PER_SECOND, Math.ceil(count / lasts));
  return {
    appids: Array.from({ length: count }, (_, i) => `wxf${(i + 1).toString(16).padStart(15, '0')}`),
    changes: Math.ceil(perSecond * lasts),
    perSecond,
  };
}

/** Many mini-programs that request a few changes each at the start. */
export class FleetLoad {
  constructor(
    private readonly plan: FleetPlan,
    private readonly context: LoadContext,
    private readonly random: Random,
  ) {}

  /** Resolves when everything is accepted or `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const waiting = this.plan.appids.entries();
    const request = async () => {
      for (const [i, appid] of waiting) await this.#request(i, appid, signal);
    };
    await Promise.all(Array.from({ length: CONCURRENT_REQUESTS }, request));
  }

  async #request(i: number, appid: string, signal: AbortSignal): Promise<void> {
    const { appids, changes } = this.plan;
    const caller = new MiniProgramCaller(appid, this.context, this.random.fork(appid));
    if (i % COMMITS_EVERY === 0 && !signal.aborted)
      await caller.change('Commit', { templateId: 1n, userVersion: '1.0', userDesc: caller.nextRequestId });
    for (let n = i; n < changes && !signal.aborted; n += appids.length) {
      await caller.change('SetSupportVersion', { version: `2.0.${Math.floor(n / appids.length)}` });
    }
  }
}
