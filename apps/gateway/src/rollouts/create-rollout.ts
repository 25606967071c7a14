import { randomUUID } from 'node:crypto';
import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import {
  CreateRolloutRequest,
  type Rollout,
  RolloutSpec,
  type RolloutTargetSelection,
  requestHash,
} from '@wxa/contracts';
import { MAX_TARGETS, type NewRollout, type TargetSelection } from '@wxa/rollouts/calls';
import { firstStepOf, toRollout, withImplied } from '@wxa/rollouts/core';
import type { Store } from '@wxa/store';
import { visibleTo } from '../callers/caller-of.js';
import { type RpcError, rpcError } from '../errors/rpc-error.js';
import { refuseForbiddenTargets } from '../rollout-policy/forbidden-targets.js';
import { rolloutActor } from './rollout-access.js';
import { refuseLargeDrafts, start } from './start-rollout.js';

type Call = ServerUnaryCall<unknown, unknown>;

/** Creates the rollout of a valid request, or returns the one that the same request created before. */
export async function createRollout(
  { rollouts }: Store,
  request: CreateRolloutRequest,
  call: Call,
): Promise<Rollout> {
  const selection = selectionOf(request.selection, call.metadata);
  const created = await rollouts.create(
    newRollout(request, selection),
    rolloutActor(call, request),
    async (draft, client) => {
      await refuseForbiddenTargets(client, draft, { metadata: call.metadata, rpc: 'CreateRollout' });
      await refuseLargeDrafts(client, call.metadata, { isStarted: request.start });
      return request.start ? start(draft, client, call.metadata) : undefined;
    },
  );
  if (created.kind === 'too-many') throw tooManyTargets();
  if (created.kind === 'reused')
    throw rpcError(
      'REQUEST_ID_REUSED',
      `request_id ${request.requestId} was already used with other content, by rollout ${created.id}`,
    );
  return toRollout(created.rollout);
}

export function tooManyTargets(): RpcError {
  return rpcError('ROLLOUT_TARGET_LIMIT', `a rollout has at most ${MAX_TARGETS} targets`);
}

function newRollout(request: CreateRolloutRequest, selection: TargetSelection): NewRollout {
  const json = CreateRolloutRequest.toJSON(request) as Record<string, unknown>;
  const spec = withImplied(request.spec ?? RolloutSpec.create());
  return {
    requestId: request.requestId || randomUUID(),
    requestHash: requestHash('CreateRollout', json),
    spec: RolloutSpec.toJSON(spec),
    step: firstStepOf(spec, false),
    selection,
  };
}

/** Labels and all_authorized select those that the policy allows the caller. */
function selectionOf(selection: RolloutTargetSelection | undefined, metadata: Metadata): TargetSelection {
  const { by, exceptAppids: except = [] } = selection ?? {};
  if (by === undefined) return { appids: [] };
  if (by.$case === 'appids') {
    const left = new Set(by.value.appids);
    for (const appid of except) left.delete(appid);
    return { appids: [...left] };
  }
  const labels = by.$case === 'labels' ? by.value.labels : null;
  return { labels, except, visible: visibleTo(metadata, 'Rollouts/CreateRollout') };
}
