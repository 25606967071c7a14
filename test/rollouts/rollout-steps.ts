import {
  CreateRolloutRequest,
  type DeepPartial,
  ListRolloutTargetsRequest,
  type ListRolloutTargetsResponse,
  type Rollout,
  RolloutSpec,
  RolloutState,
  type RolloutTarget,
  type RolloutTargetFilter,
} from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { AUDIT_ITEM } from '../release/audit-item.js';
import { unary, type World } from '../world.js';

/** The waits of rollouts, short enough for tests. */
export const SHORT_WAITS = { ROLLOUT_PRIVACY_WAIT_MS: '100', ROLLOUT_VERIFY_DELAYS_MS: '50,200,1000,2000' };

/** A specification with a new version, of all steps. */
export function specOf(given: DeepPartial<RolloutSpec> = {}): RolloutSpec {
  const version = `v${newAppid().slice(2)}`;
  return RolloutSpec.fromPartial({
    name: version,
    templateId: 1n,
    userVersion: version,
    audit: { itemsFrom: { $case: 'fixed', value: { items: [AUDIT_ITEM] } } },
    ...given,
  });
}

/** Calls of the service Rollouts. */
export class RolloutSteps {
  constructor(private readonly world: () => World) {}

  call<T>(rpc: string, request: object): Promise<T> {
    return unary<T>(this.world().rollouts, rpc, request);
  }

  create(appids: string[], given: DeepPartial<RolloutSpec> = {}, start = true): Promise<Rollout> {
    const selection = { by: { $case: 'appids' as const, value: { appids } } };
    const spec = specOf(given);
    return this.call('createRollout', CreateRolloutRequest.fromPartial({ spec, selection, start }));
  }

  get(id: string): Promise<Rollout> {
    return this.call('getRollout', { id });
  }

  async targets(id: string, filter?: DeepPartial<RolloutTargetFilter>): Promise<RolloutTarget[]> {
    const request = ListRolloutTargetsRequest.fromPartial({ id, filter, pageSize: 500 });
    return (await this.call<ListRolloutTargetsResponse>('listRolloutTargets', request)).targets;
  }

  /** Waits until a rollout is in a state; `COMPLETED` by default. */
  async until(id: string, state: string = 'COMPLETED', ms?: number): Promise<Rollout> {
    let rollout: Rollout | undefined;
    await eventually(async () => {
      rollout = await this.get(id);
      return rollout.state === RolloutState[`ROLLOUT_STATE_${state}` as keyof typeof RolloutState];
    }, ms);
    return rollout as Rollout;
  }
}

export const newAppids = (count: number): string[] => Array.from({ length: count }, newAppid);
