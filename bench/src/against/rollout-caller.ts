import { credentials } from '@grpc/grpc-js';
import { CreateRolloutRequest, type Rollout, RolloutState, RolloutsClient } from '@wxa/contracts';
import { callUnary, waitUntil } from '@wxa/stack';
import { appidOf } from '../load/appids.js';

/** Beyond those of the waves. */
const FIRST_APPID = 1_000_000;
const DEADLINE_MS = 60_000;
const COMPLETED_WITHIN_MS = 600_000;
const AUDIT_ITEM = { address: 'index', firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2 };

/** Runs whole rollouts, from COMMIT to VERIFY. */
export class RolloutCaller {
  readonly #client: RolloutsClient;
  #next = FIRST_APPID;

  constructor(address: string) {
    this.#client = new RolloutsClient(address, credentials.createInsecure());
  }

  /** Runs a rollout of mini-programs that have had none. */
  async run(targets: number): Promise<void> {
    const first = this.#next;
    this.#next += targets;
    const appids = Array.from({ length: targets }, (_, i) => appidOf(first + i));
    const spec = {
      ...{ name: `of ${first}`, templateId: 1n, userVersion: '1.0', maxInFlight: 1_000 },
      audit: { itemsFrom: { $case: 'fixed' as const, value: { items: [AUDIT_ITEM] } } },
    };
    const selection = { by: { $case: 'appids' as const, value: { appids } } };
    const { id } = await this.#call('createRollout', CreateRolloutRequest.fromPartial({ spec, selection }));
    await this.#call('startRollout', { id, onBehalfOf: '', reason: '' });
    const isCompleted = async () => {
      const { state } = await this.#call('getRollout', { id });
      if (state !== RolloutState.ROLLOUT_STATE_COMPLETED) throw new Error(`it is in state ${state}`);
    };
    await waitUntil(isCompleted, { name: `rollout ${id}`, timeoutMs: COMPLETED_WITHIN_MS });
  }

  async stop(): Promise<void> {
    this.#client.close();
  }

  #call(rpc: string, request: object): Promise<Rollout> {
    return callUnary<Rollout>(this.#client, rpc, request, { deadlineMs: DEADLINE_MS, waitForReady: true });
  }
}
