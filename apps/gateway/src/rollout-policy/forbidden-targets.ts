import type { Metadata } from '@grpc/grpc-js';
import { RolloutSpec, serviceOf } from '@wxa/contracts';
import type { VisibleAppids } from '@wxa/policy';
import { isLimited } from '@wxa/postgres/lists';
import { type ClientBase, forbiddenTargets } from '@wxa/rollouts/calls';
import {
  type AffectedTargets,
  methodsOfRollout,
  type StoredRollout,
  type TargetFilter,
  takesInUnnamed,
} from '@wxa/rollouts/core';
import type { Store } from '@wxa/store';
import { callerOf } from '../callers/caller-of.js';
import { rpcError } from '../errors/rpc-error.js';

type Rollout = Pick<StoredRollout, 'id' | 'spec' | 'rollbackOf' | 'caller' | 'open' | 'state'>;

/** A method that a caller needs for every target. */
export interface Need {
  caller: string;
  /** Of the form `Service/Method`. */
  method: string;
  visible: VisibleAppids;
}

/**
 * What the policy must allow for every target of a rollout: each method that its steps may call, to its creator and to the others
 * who act; to its creator also what creates such a rollout.
 * @param others callers by name, and the methods by which they act.
 */
export function needsOf(
  { spec, rollbackOf, caller: creator }: Rollout,
  others: ReadonlyMap<string, readonly string[]>,
  visibleTo: (caller: string, method: string) => VisibleAppids,
): Need[] {
  const isRollback = rollbackOf !== null;
  const called = methodsOfRollout(RolloutSpec.fromJSON(spec), isRollback);
  const steps = called.map((method) => `${serviceOf(method)}/${method}`);
  const needs = (caller: string, methods: readonly string[]) =>
    [...methods, ...steps].map((method) => ({ caller, method, visible: visibleTo(caller, method) }));
  const creates = isRollback ? 'Rollouts/RollbackRollout' : 'Rollouts/CreateRollout';
  return [
    // A rollout from before the first policy has no creator.
    ...(creator === '' ? [] : needs(creator, [creates])),
    ...[...others].flatMap(([caller, methods]) => needs(caller, methods)),
  ];
}

/** The first method that the policy does not allow for all mini-programs, if the rollout takes in those that authorize later. */
export function notAllowedForAll(rollout: Rollout, needs: readonly Need[]): Need | undefined {
  return takesInUnnamed(rollout) ? needs.find(({ visible }) => isLimited(visible)) : undefined;
}

/** Throws CALLER_NOT_ALLOWED, with up to ten offenders, unless the policy allows the rollout all its targets. */
export async function refuseForbiddenTargets(
  client: ClientBase,
  rollout: Rollout,
  { metadata, rpc }: { metadata: Metadata; rpc: string },
  retried?: TargetFilter,
): Promise<void> {
  const needs = needsOfCall(rollout, metadata, rpc);
  const limited = notAllowedForAll(rollout, needs);
  if (limited !== undefined)
    throw rpcError(
      'CALLER_NOT_ALLOWED',
      `${rpc} of a rollout with continuous needs every method of its steps for all mini-programs; ${limited.caller} may not call ${limited.method} for all`,
      { caller: limited.caller, method: limited.method },
    );
  const visible = needs.map((need) => need.visible);
  const problem = await forbiddenTargets(client, rollout.id, visible, retried);
  if (problem.targets === 0) return;
  const [first] = missing(needs, problem);
  throw rpcError(
    'CALLER_NOT_ALLOWED',
    `${rpc} needs every method of the rollout's steps for every target; ${problem.targets} are not allowed: ${offendersOf(needs, problem).offenders}`,
    { caller: first?.caller ?? '', method: first?.method ?? rpc },
  );
}

/** The targets for which StartRollout of this caller would be refused. */
export function targetsNotAllowed(
  { rollouts }: Pick<Store, 'rollouts'>,
  rollout: Rollout,
  metadata: Metadata,
): Promise<AffectedTargets> {
  const needs = needsOfCall(rollout, metadata, 'StartRollout');
  return rollouts.forbidden(
    rollout.id,
    needs.map(({ visible }) => visible),
  );
}

/** The number of offenders, and the names of some, each with the first caller and method that are missing. */
export function offendersOf(needs: readonly Need[], problem: AffectedTargets) {
  const named = missing(needs, problem).map(({ appid, caller, method }) => `${appid} (${caller}: ${method})`);
  return { targets: problem.targets, offenders: named.join(', ') };
}

function missing(needs: readonly Need[], { sampleAppids }: AffectedTargets) {
  return sampleAppids.flatMap((appid) => {
    const need = needs.find(({ visible }) => !visible.has(appid));
    return need === undefined ? [] : [{ appid, caller: need.caller, method: need.method }];
  });
}

/** None without a policy. */
function needsOfCall(rollout: Rollout, metadata: Metadata, rpc: string): Need[] {
  const caller = callerOf(metadata);
  if (caller === undefined) return [];
  return needsOf(rollout, new Map([[caller.name, [`Rollouts/${rpc}`]]]), (name, method) =>
    caller.visibleTo(name, method),
  );
}
