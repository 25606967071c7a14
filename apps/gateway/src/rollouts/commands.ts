import type { ServerUnaryCall } from '@grpc/grpc-js';
import {
  type AdvanceRolloutRequest,
  type CancelRolloutRequest,
  type CloseRolloutRequest,
  explanationOf,
  type PauseRolloutRequest,
  type ResumeRolloutRequest,
  type RetryRolloutRequest,
  type Rollout,
  RolloutGateType,
  RolloutSpec,
  RolloutTargetFilter,
  RolloutTargetState,
  type SkipRolloutTargetsRequest,
  type StartRolloutRequest,
} from '@wxa/contracts';
import {
  type ClientBase,
  cancelDraftTargets,
  closedFor,
  openGates,
  type RolloutEdit,
  removeTargets,
  selectedBy,
} from '@wxa/rollouts/calls';
import {
  filterOf,
  isContinuous,
  newTally,
  pipelineOf,
  type StoredRollout,
  stepOf,
  type TargetFilter,
  toRollout,
} from '@wxa/rollouts/core';
import type { Store } from '@wxa/store';
import { invalidField } from '../errors/rpc-error.js';
import { refuseForbiddenTargets } from '../rollout-policy/forbidden-targets.js';
import { permissionOf, type StateCall, stateError } from './calls-by-state.js';
import { rolloutActor, rolloutCaller, visibleRollout } from './rollout-access.js';
import { cancelling, cancelRequested, refuseTooMany, startDraft } from './start-rollout.js';

type Call = ServerUnaryCall<unknown, unknown>;

/** What all changes of a rollout have. */
interface Command {
  id: string;
  onBehalfOf: string;
  reason?: string;
}

/** The calls that lead to nothing new in WeChat: they are possible whatever the policy has become. */
const STOPPING: readonly StateCall[] = [
  'PauseRollout',
  'CloseRollout',
  'CancelRollout',
  'SkipRolloutTargets',
];

/**
 * Changes a locked rollout that the caller sees, if its state allows the call. Throws NOT_FOUND or ROLLOUT_STATE otherwise, and
 * CALLER_NOT_ALLOWED if the policy does not allow all its targets as they are then.
 * @param retried the targets that have ended and run again.
 */
export async function change(
  { rollouts }: Store,
  rpc: StateCall,
  request: Command,
  call: Call,
  edit: (
    rollout: StoredRollout,
    client: ClientBase,
  ) => RolloutEdit | undefined | Promise<RolloutEdit | undefined>,
  retried?: TargetFilter,
): Promise<Rollout> {
  const { metadata } = call;
  const caller = rolloutCaller(metadata, rpc);
  const stored = await rollouts.change(request.id, rolloutActor(call, request), async (rollout, client) => {
    visibleRollout(rollout, request.id, caller);
    if (permissionOf(rpc, rollout) === 'unchanged') return undefined;
    const edited = await edit(rollout, client);
    if (edited === undefined || STOPPING.includes(rpc)) return edited;
    const { spec = rollout.spec } = edited.set;
    await refuseForbiddenTargets(client, { ...rollout, spec }, { metadata, rpc }, retried);
    return edited;
  });
  return toRollout(visibleRollout(stored, request.id, caller));
}

export function startRollout(store: Store, request: StartRolloutRequest, call: Call): Promise<Rollout> {
  const actor = rolloutActor(call, request);
  return change(store, 'StartRollout', request, call, (draft, client) =>
    startDraft(draft, client, { metadata: call.metadata, actor }),
  );
}

export function pauseRollout(store: Store, request: PauseRolloutRequest, call: Call): Promise<Rollout> {
  const { by } = rolloutActor(call, request);
  const who = by.onBehalfOf ?? by.caller;
  const { detail, explanation } =
    who === null ? explanationOf('REQUESTED') : explanationOf('REQUESTED_BY', { by: who });
  const isOwn = request.reason !== '';
  const why = {
    pauseDetail: isOwn ? request.reason : detail,
    pauseExplanation: isOwn ? null : explanation,
  };
  return change(store, 'PauseRollout', request, call, () => ({
    action: 'rollout.paused',
    set: { state: 'PAUSED', pauseCause: 'REQUESTED', ...why },
    entries: [{ type: 'PAUSED' }],
  }));
}

export function resumeRollout(store: Store, request: ResumeRolloutRequest, call: Call): Promise<Rollout> {
  return change(store, 'ResumeRollout', request, call, ({ counts }) => ({
    action: 'rollout.resumed',
    set: { state: 'RUNNING', pauseCause: null, pauseDetail: null, tally: newTally(counts) },
    entries: [{ type: 'RESUMED' }],
  }));
}

export function cancelRollout(store: Store, request: CancelRolloutRequest, call: Call): Promise<Rollout> {
  return change(store, 'CancelRollout', request, call, async ({ id, state, open }, client) => {
    const action = 'rollout.cancelled';
    const closed = open ? [closedFor('CANCELLED')] : [];
    if (state !== 'DRAFT') return { action, set: cancelling, entries: [cancelRequested, ...closed] };
    await cancelDraftTargets(client, id);
    const set = { state: 'CANCELLED', endedAt: 'now' } as const;
    return { action, set, entries: [{ type: 'CANCELLED', isPublished: true }] };
  });
}

/** Ends the intake of an open rollout. */
export function closeRollout(store: Store, request: CloseRolloutRequest, call: Call): Promise<Rollout> {
  return change(store, 'CloseRollout', request, call, (rollout) => {
    if (!isContinuous(rollout)) throw stateError(rollout, 'it has no `continuous`, so it cannot be closed');
    if (!rollout.open) return undefined;
    return { action: 'rollout.closed', set: { open: false }, entries: [closedFor('REQUESTED')] };
  });
}

export function advanceRollout(store: Store, request: AdvanceRolloutRequest, call: Call): Promise<Rollout> {
  return change(store, 'AdvanceRollout', request, call, async (rollout, client) => {
    const isSubmit = request.gate === RolloutGateType.ROLLOUT_GATE_TYPE_SUBMIT;
    const gate = isSubmit ? 'SUBMIT' : 'RELEASE';
    refuseMissingGate(rollout, gate);
    const waves = rollout.waves?.length ?? 0;
    const open = isSubmit ? rollout.submitWave : rollout.releaseWave;
    if (request.wave > waves) throw invalidField('wave', 'WAVE_UNKNOWN', { max: waves });
    const upTo = request.wave || Math.min(open + 1, waves);
    if (upTo <= open) return undefined;
    await openGates(client, rollout.id, { gate, upTo });
    return {
      action: 'rollout.advanced',
      set: isSubmit ? { submitWave: upTo } : { releaseWave: upTo },
      entries: Array.from({ length: upTo - open }, (_, i) => ({
        type: 'GATE_OPENED',
        wave: open + i + 1,
        gate,
      })),
      detail: { wave: upTo, gate },
    };
  });
}

/** The pipeline has submit gates unless it starts with RELEASE, and release gates if it has RELEASE. */
function refuseMissingGate({ spec, rollbackOf }: StoredRollout, gate: 'SUBMIT' | 'RELEASE'): void {
  const pipeline = pipelineOf(RolloutSpec.fromJSON(spec), rollbackOf !== null);
  const exists = gate === 'SUBMIT' ? pipeline[0] !== 'RELEASE' : pipeline.includes('RELEASE');
  if (!exists) throw invalidField('gate', 'GATE_UNKNOWN');
}

export function retryRollout(store: Store, request: RetryRolloutRequest, call: Call): Promise<Rollout> {
  const fromStep = stepOf(request.fromStep);
  const args = { filter: RolloutTargetFilter.toJSON(request.filter ?? ALL_FAILED), fromStep };
  const retry = async (rollout: StoredRollout, client: ClientBase): Promise<RolloutEdit> => {
    const pipeline = pipelineOf(RolloutSpec.fromJSON(rollout.spec), rollout.rollbackOf !== null);
    if (fromStep !== null && !pipeline.includes(fromStep))
      throw invalidField('from_step', 'NOT_ONE_OF', { allowed: pipeline.join(', ') });
    const retried = { type: 'RETRIED', isCommand: true, args } as const;
    const action = 'rollout.retried';
    if (rollout.state !== 'COMPLETED') return { action, set: {}, entries: [retried] };
    await refuseTooMany(client, call.metadata);
    // What failed before would fire a stop rule at once.
    const set = { state: 'RUNNING', endedAt: null, tally: {} } as const;
    return { action, set, entries: [retried, { type: 'STARTED' }] };
  };
  return change(store, 'RetryRollout', request, call, retry, selectedBy({ type: 'RETRIED', args }));
}

const ALL_FAILED = RolloutTargetFilter.fromPartial({
  states: [RolloutTargetState.ROLLOUT_TARGET_STATE_FAILED],
});

export function skipTargets(store: Store, request: SkipRolloutTargetsRequest, call: Call): Promise<Rollout> {
  return change(store, 'SkipRolloutTargets', request, call, async (rollout, client) => {
    const action = 'rollout.targets_skipped';
    const filter = RolloutTargetFilter.toJSON(request.filter ?? RolloutTargetFilter.create());
    if (rollout.state !== 'DRAFT')
      return { action, set: {}, entries: [{ type: 'SKIPPED', isCommand: true, args: { filter } }] };
    const removed = await removeTargets(client, rollout.id, filterOf(request.filter));
    if (removed === 0) return undefined;
    const set = { targets: rollout.targets - removed, wavesStale: true };
    return { action, set, entries: [{ type: 'UPDATED' }], detail: { removed } };
  });
}
