import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { cut } from '@wxa/methods';
import type { RolloutActor } from '@wxa/rollouts/calls';
import type { StoredRollout } from '@wxa/rollouts/core';
import { actorOf, callerOf } from '../callers/caller-of.js';
import { type RpcError, rpcError } from '../errors/rpc-error.js';

/** The caller of an RPC, as far as rollouts are concerned. */
export interface RolloutCaller {
  /** Its name in the policy; empty without a policy. */
  name: string;
  /** Whether the policy allows the RPC for all mini-programs: then it sees the rollouts of all callers. */
  seesAll: boolean;
  sees(rollout: Pick<StoredRollout, 'caller'>): boolean;
}

/** The caller under the policy in force now. @param rpc for example `GetRollout`. */
export function rolloutCaller(metadata: Metadata, rpc: string): RolloutCaller {
  const caller = callerOf(metadata);
  if (caller === undefined) return { name: '', seesAll: true, sees: () => true };
  const { allow, deny } = caller.visible(`Rollouts/${rpc}`);
  const seesAll = allow === 'all' && deny.length === 0;
  return { name: caller.name, seesAll, sees: (rollout) => seesAll || rollout.caller === caller.name };
}

/** Who makes a mutating call, and why. */
export function rolloutActor(
  call: Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getPeer'>,
  { onBehalfOf, reason = '' }: { onBehalfOf: string; reason?: string },
): RolloutActor {
  return { by: actorOf(call, onBehalfOf), reason, limits: callerOf(call.metadata)?.limits };
}

/** Throws NOT_FOUND unless the caller sees the rollout: exactly the error of an unknown id. */
export function visibleRollout<R extends StoredRollout>(
  rollout: R | undefined,
  id: string,
  caller: RolloutCaller,
): R {
  if (rollout === undefined || !caller.sees(rollout)) throw unknownRollout(id);
  return rollout;
}

export function unknownRollout(id: string): RpcError {
  return rpcError('ROLLOUT_NOT_FOUND', `rollout ${cut(id, 40)} not found`);
}
