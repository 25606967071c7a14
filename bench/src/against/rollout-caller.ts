import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { type Services, servicesOn } from '@wxa/client';
import { RolloutState } from '@wxa/contracts';
import { waitUntil } from '@wxa/stack';
import { appidOf } from '../load/appids.js';

/** Beyond those of the waves. */
const FIRST_APPID = 1_000_000;
const DEADLINE_MS = 60_000;
const COMPLETED_WITHIN_MS = 600_000;
const AUDIT_ITEM = { address: 'index', firstClass: '工具', firstId: 1, secondClass: '备忘录', secondId: 2 };

/** Runs whole rollouts, from COMMIT to VERIFY. */
export class RolloutRunner {
  readonly #client: Client;
  readonly #rollouts: Services['rollouts'];
  #next = FIRST_APPID;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
    const metadata = new Metadata({ waitForReady: true });
    this.#rollouts = servicesOn(this.#client, metadata, () => DEADLINE_MS).rollouts;
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
    const { id } = await this.#rollouts.createRollout({ spec, selection });
    await this.#rollouts.startRollout({ id });
    const isCompleted = async () => {
      const { state } = await this.#rollouts.getRollout({ id });
      if (state !== RolloutState.ROLLOUT_STATE_COMPLETED) throw new Error(`it is in state ${state}`);
    };
    await waitUntil(isCompleted, { name: `rollout ${id}`, timeoutMs: COMPLETED_WITHIN_MS });
  }

  async stop(): Promise<void> {
    this.#client.close();
  }
}
