import { setTimeout as delay } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import {
  CreateRolloutRequest,
  type DeepPartial,
  type Rollout,
  type RolloutSpec,
  RolloutState,
  RolloutsClient,
  type WatchRolloutResponse,
} from '@wxa/contracts';
import { callUnary } from '@wxa/stack';
import { clock } from '../load/measure.js';

const POLL_MS = 20;
const DEADLINE_MS = 120_000;
export const AUDIT_ITEM = {
  address: 'index',
  firstClass: '工具',
  firstId: 1,
  secondClass: '备忘录',
  secondId: 2,
};

/** Calls of the service Rollouts; those that are timed return milliseconds. */
export class RolloutCalls {
  readonly #client: RolloutsClient;

  constructor(address: string) {
    // A response with a page of 500 targets has more than the 4 MiB that clients accept by default only with requests.
    this.#client = new RolloutsClient(address, credentials.createInsecure());
  }

  call<T>(rpc: string, request: object): Promise<T> {
    return callUnary<T>(this.#client, rpc, request, { deadlineMs: DEADLINE_MS, waitForReady: true });
  }

  async timed<T>(rpc: string, request: object): Promise<{ ms: number; response: T }> {
    const since = clock();
    const response = await this.call<T>(rpc, request);
    return { ms: clock() - since, response };
  }

  create(appids: string[], name: string, given: DeepPartial<RolloutSpec> = {}) {
    const spec = {
      name,
      templateId: 1n,
      userVersion: name,
      audit: { itemsFrom: { $case: 'fixed' as const, value: { items: [AUDIT_ITEM] } } },
      ...given,
    };
    const selection = { by: { $case: 'appids' as const, value: { appids } } };
    return this.timed<Rollout>('createRollout', CreateRolloutRequest.fromPartial({ spec, selection }));
  }

  command(rpc: 'startRollout' | 'cancelRollout' | 'pauseRollout' | 'resumeRollout', id: string) {
    return this.timed<Rollout>(rpc, { id, onBehalfOf: '', reason: '' });
  }

  async until(id: string, state: Rollout['state'], pollMs = POLL_MS): Promise<Rollout> {
    for (;;) {
      const rollout = await this.call<Rollout>('getRollout', { id });
      if (rollout.state === state) return rollout;
      await delay(pollMs);
    }
  }

  completed(id: string, pollMs?: number): Promise<Rollout> {
    return this.until(id, RolloutState.ROLLOUT_STATE_COMPLETED, pollMs);
  }

  /** Follows a rollout to its end. Resolves to the age of each version when it arrived, in milliseconds. */
  async watch(id: string): Promise<number[]> {
    const ages: number[] = [];
    const stream = this.#client.watchRollout({ id });
    for await (const { rollout } of stream as AsyncIterable<WatchRolloutResponse>) {
      if (rollout?.updateTime !== undefined) ages.push(Date.now() - rollout.updateTime.getTime());
    }
    // The first one is as old as the rollout.
    return ages.slice(1);
  }

  async stop(): Promise<void> {
    this.#client.close();
  }
}
