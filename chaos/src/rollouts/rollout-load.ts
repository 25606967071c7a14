import { setTimeout as delay } from 'node:timers/promises';
import type { Services } from '@wxa/client';
import {
  type CreateRolloutRequest,
  type DeepPartial,
  type Rollout,
  RolloutState,
  RolloutStopRule_Cause,
} from '@wxa/contracts';
import type { SimControl } from '@wxa/wechat-sim';
import type { GatewayChannel } from '../load/gateway-channel.js';
import { AUDIT_ITEM } from '../load/requests.js';
import { ROLLOUT_TAG } from '../load/tags.js';

const CALL_MS = 10_000;
const RETRY_PAUSE_MS = 500;
const POLL_MS = 1_000;
const AUDIT_MS = 500;
const NEVER = 1_000_000;

/** One rollout to mini-programs that nothing else of the run uses. A caller resumes it whenever it is paused. */
export class RolloutLoad {
  readonly appids: readonly string[];
  readonly #over = new AbortController();
  isCreated: boolean;
  /** Resolves when the rollout is created, or the run is over. */
  created: Promise<Rollout | undefined> = Promise.resolve(undefined);
  /** Why a call failed last, for a run in which the rollout was never created. */
  lastError = '';
  #driven: Promise<void> = Promise.resolve();

  constructor(
    private readonly channels: readonly GatewayChannel[],
    targets: number,
  ) {
    this.isCreated = targets === 0;
    this.appids = Array.from({ length: targets }, (_, i) => `wxd${(i + 1).toString(16).padStart(15, '0')}`);
  }

  /** Lets WeChat approve the audits of its mini-programs, and creates the rollout. */
  start(sim: SimControl): void {
    if (this.appids.length === 0) return;
    this.created = this.#create(sim);
    this.#driven = this.#drive();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#driven;
  }

  async #create(sim: SimControl): Promise<Rollout | undefined> {
    await this.#retried(() =>
      sim.patchPlatform({
        auditRules: [{ appid: 'wxd*', decision: 'approve', delayMs: AUDIT_MS }],
        auditQuota: { rest: NEVER, limit: NEVER, speedupRest: 0, speedupLimit: 0 },
      }),
    );
    const created = await this.#call((rollouts) => rollouts.createRollout(this.#request(), CALL_MS));
    this.isCreated = created !== undefined;
    return created;
  }

  async #drive(): Promise<void> {
    const created = await this.created;
    while (created !== undefined && !this.#over.signal.aborted) {
      const { id } = created;
      const rollout = await this.#call((rollouts) => rollouts.getRollout({ id }, CALL_MS));
      if (rollout?.state === RolloutState.ROLLOUT_STATE_PAUSED)
        await this.#call((rollouts) => rollouts.resumeRollout({ id, reason: 'the fault is over' }, CALL_MS));
      await this.#pause(POLL_MS);
    }
  }

  /** The same request_id each time it is sent. */
  #request(): DeepPartial<CreateRolloutRequest> {
    return {
      requestId: 'chaos',
      start: true,
      spec: {
        name: 'chaos',
        templateId: 1n,
        userVersion: '9.0',
        userDesc: ROLLOUT_TAG,
        audit: {
          itemsFrom: { $case: 'fixed', value: { items: [AUDIT_ITEM] } },
          versionDesc: ROLLOUT_TAG,
        },
        stopRules: [{ cause: RolloutStopRule_Cause.CAUSE_ANY, count: NEVER }],
        waves: [
          { size: { $case: 'percent', value: 10 } },
          { size: { $case: 'rest', value: true }, submitGate: { afterPercent: 50 } },
        ],
      },
      selection: { by: { $case: 'appids', value: { appids: [...this.appids] } } },
    };
  }

  #call<T>(call: (rollouts: Services['rollouts']) => Promise<T>): Promise<T | undefined> {
    let turn = 0;
    return this.#retried(() => {
      const channel = this.channels[turn++ % this.channels.length];
      if (channel === undefined) throw new Error('no gateway');
      return call(channel.services.rollouts);
    });
  }

  /** Until it succeeds or the run is over. */
  async #retried<T>(run: () => Promise<T>): Promise<T | undefined> {
    while (!this.#over.signal.aborted) {
      try {
        return await run();
      } catch (error) {
        this.lastError = String(error);
        await this.#pause(RETRY_PAUSE_MS);
      }
    }
    return undefined;
  }

  #pause(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#over.signal }).catch(() => undefined);
  }
}
