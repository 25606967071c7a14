import { randomUUID } from 'node:crypto';
import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import {
  ROLLBACK_NAME,
  RollbackRolloutRequest,
  type Rollout,
  RolloutRollbackOptions,
  RolloutSpec,
  requestHash,
} from '@wxa/contracts';
import { assignWaves, type ClientBase, type NewRollback, type RollbackEdits } from '@wxa/rollouts/calls';
import { type StoredRollout, toRollout } from '@wxa/rollouts/core';
import type { Store } from '@wxa/store';
import { rpcError } from '../errors/rpc-error.js';
import { refuseForbiddenTargets } from '../rollout-policy/forbidden-targets.js';
import { permissionOf } from './calls-by-state.js';
import { rolloutActor, rolloutCaller, unknownRollout, visibleRollout } from './rollout-access.js';
import { refuseLargeDrafts, refuseTooMany, rolledBack } from './start-rollout.js';

/** Cancels a rollout and creates the one that takes back what it did, or returns the one that the same request created. */
export async function rollbackRollout(
  { rollouts }: Store,
  request: RollbackRolloutRequest,
  call: ServerUnaryCall<unknown, unknown>,
): Promise<Rollout> {
  const caller = rolloutCaller(call.metadata, 'RollbackRollout');
  const first = visibleRollout(await rollouts.find(request.id), request.id, caller);
  const json = RollbackRolloutRequest.toJSON(request) as Record<string, unknown>;
  const rollback: NewRollback = {
    requestId: request.requestId || randomUUID(),
    requestHash: requestHash('RollbackRollout', json),
    specOf: (locked) => {
      permissionOf('RollbackRollout', locked);
      rolledBack(locked, '');
      return RolloutSpec.toJSON(specOf(RolloutSpec.fromJSON(locked.spec), request));
    },
    start: async (locked, second, client) => {
      await refuseForbiddenTargets(client, second, { metadata: call.metadata, rpc: 'RollbackRollout' });
      if (!request.draft) return startAtOnce(locked, second, client, call.metadata);
      await refuseLargeDrafts(client, call.metadata);
      return undefined;
    },
  };
  const created = await rollouts.rollBack(first.id, rollback, rolloutActor(call, request));
  if (created === undefined || created.kind === 'too-many') throw unknownRollout(request.id);
  if (created.kind === 'reused')
    throw rpcError(
      'REQUEST_ID_REUSED',
      `request_id ${request.requestId} was already used with other content, by rollout ${created.id}`,
    );
  return toRollout(created.rollout);
}

/** The name, the version and the limits of the first rollout; one wave; nothing that only forward steps use. */
function specOf(first: RolloutSpec, { options, maxInFlight }: RollbackRolloutRequest): RolloutSpec {
  const { templateId, userVersion, userDesc, stopRules } = first;
  return {
    ...RolloutSpec.create(),
    ...{ templateId, userVersion, userDesc, stopRules, maxInFlight },
    name: [...`${ROLLBACK_NAME}${first.name}`].slice(0, 100).join(''),
    rollbackOptions: options ?? RolloutRollbackOptions.create(),
  };
}

async function startAtOnce(
  first: StoredRollout,
  second: StoredRollout,
  client: ClientBase,
  metadata: Metadata,
): Promise<RollbackEdits> {
  await refuseTooMany(client, metadata, first);
  await assignWaves(client, second);
  return {
    first: rolledBack(first, second.id),
    second: {
      action: 'rollout.started',
      set: { state: 'RUNNING', startedAt: 'keep', tally: {} },
      entries: [{ type: 'STARTED' }],
    },
  };
}
