import type { Metadata } from '@grpc/grpc-js';
import { ListTemplatesResponse, RolloutSpec } from '@wxa/contracts';
import { isUuid } from '@wxa/methods';
import {
  addBegunTargets,
  assignWaves,
  type ClientBase,
  closedFor,
  listedTemplates,
  lockRollout,
  MAX_LIVE_ROLLOUTS,
  MAX_TARGETS,
  type RolloutActor,
  type RolloutEdit,
  readRollout,
  rolloutUse,
  storeEdit,
} from '@wxa/rollouts/calls';
import { blockingFindings, intakeOf, plan, type StoredRollout } from '@wxa/rollouts/core';
import { LIVE_STATES } from '@wxa/rollouts/rows';
import { callerOf, type IdentifiedCaller } from '../callers/caller-of.js';
import { rpcError } from '../errors/rpc-error.js';
import { callerLimited } from '../metrics.js';
import { stateError } from './calls-by-state.js';
import { rolloutCaller, visibleRollout } from './rollout-access.js';

/**
 * Starts a draft whose row is locked. Throws an RpcError if its plan has a blocking finding or too many rollouts are live.
 * @param first the rollout that it rolls back, also locked.
 */
export async function start(
  draft: StoredRollout,
  client: ClientBase,
  metadata: Metadata,
  first?: StoredRollout | undefined,
): Promise<RolloutEdit> {
  const spec = RolloutSpec.fromJSON(draft.spec);
  await refuseBlocked(draft, client);
  await refuseReplacing(spec, client, metadata);
  await refuseTooMany(client, metadata, first);
  if (draft.wavesStale) await assignWaves(client, draft);
  return {
    action: 'rollout.started',
    set: { state: 'RUNNING', startedAt: 'keep', tally: {}, ...intakeOf(spec) },
    entries: [{ type: 'STARTED' }],
  };
}

/** Throws unless the rollout that a draft takes over from is open and takes in newcomers, and the caller may close it. */
async function refuseReplacing(
  { continuous }: Pick<RolloutSpec, 'continuous'>,
  client: ClientBase,
  metadata: Metadata,
): Promise<void> {
  const id = continuous?.replaces ?? '';
  if (id === '') return;
  const caller = rolloutCaller(metadata, 'CloseRollout');
  const replaced = visibleRollout(isUuid(id) ? await readRollout(client, id) : undefined, id, caller);
  if (!replaced.open) throw stateError(replaced, 'it is not open, so it cannot be replaced');
  // Its predecessor would stay open: only the begin of its intake closes that.
  if (replaced.intakeSince === null)
    throw stateError(replaced, 'it has not taken over yet, so it cannot be replaced; cancel it, or wait');
}

/** Throws if the plan of a draft has a blocking finding. */
async function refuseBlocked(draft: StoredRollout, client: ClientBase): Promise<void> {
  const templates = await listedTemplates(client);
  const { findings } = plan({
    id: draft.id,
    spec: RolloutSpec.fromJSON(draft.spec),
    isRollback: draft.rollbackOf !== null,
    waveTargets: [draft.targets],
    templateIds: templates === null ? null : templateIdsOf(templates),
    ...{ counted: {}, notReady: [], quota: null, stops: [], samples: [], hasOverlap: false, rateOf: () => 0 },
  });
  const blocking = blockingFindings(findings).map(({ reason }) => reason);
  if (blocking.length === 0) return;
  const names = blocking.join(', ');
  throw rpcError('ROLLOUT_PLAN_REFUSED', `rollout ${draft.id} cannot be started: ${names}`, {
    metadata: { findings: names },
  });
}

/** @param templates proto3 JSON of ListTemplatesResponse. */
export function templateIdsOf(templates: unknown): Set<bigint> {
  return new Set(ListTemplatesResponse.fromJSON(templates).templates.map(({ templateId }) => templateId));
}

/** Throws if as many rollouts are live as there may be, in all or of this caller. The rollback of a live rollout takes its place. */
export async function refuseTooMany(
  client: ClientBase,
  metadata: Metadata,
  first?: StoredRollout | undefined,
): Promise<void> {
  if (first !== undefined && LIVE_STATES.includes(first.state)) return;
  const caller = callerOf(metadata);
  const { live, ownLive } = await rolloutUse(client, caller?.name ?? '');
  if (live >= MAX_LIVE_ROLLOUTS)
    throw rpcError(
      'TOO_MANY_ROLLOUTS',
      `${MAX_LIVE_ROLLOUTS} rollouts are RUNNING, PAUSED or CANCELLING; cancel one or retry later`,
    );
  refuseBeyond(caller, 'liveRollouts', ownLive + 1);
}

/**
 * Throws if a draft, which is stored already, exceeds a limit of the caller. `added`: targets that are not counted in its row yet.
 * `isStarted`: it starts in this transaction, so that it takes no place of a draft.
 */
export async function refuseLargeDrafts(
  client: ClientBase,
  metadata: Metadata,
  { added = 0, isStarted = false } = {},
): Promise<void> {
  const caller = callerOf(metadata);
  if (caller === undefined) return;
  const { drafts, targets } = await rolloutUse(client, caller.name);
  if (!isStarted) refuseBeyond(caller, 'drafts', drafts);
  refuseBeyond(caller, 'targets', targets + added);
}

/** Of a caller without limits of its own: a quarter of all live rollouts, and room for ten of the largest. */
const DEFAULTS = { liveRollouts: MAX_LIVE_ROLLOUTS / 4, drafts: 50, targets: 10 * MAX_TARGETS };

function refuseBeyond(caller: IdentifiedCaller | undefined, limit: keyof typeof DEFAULTS, use: number): void {
  const most = caller?.limits[limit] ?? DEFAULTS[limit];
  if (caller === undefined || use <= most) return;
  const { name, method } = caller;
  callerLimited.inc({ caller: name, limit });
  const message = `caller ${name} may have ${limit}: ${most}, not ${use}`;
  throw rpcError('CALLER_QUOTA_EXCEEDED', message, { caller: name, method });
}

/** Starts a draft of StartRollout. A started rollback takes its first rollout over. */
export async function startDraft(
  draft: StoredRollout,
  client: ClientBase,
  { metadata, actor }: { metadata: Metadata; actor: RolloutActor },
): Promise<RolloutEdit> {
  const { id, rollbackOf } = draft;
  const first = rollbackOf === null ? undefined : await lockRollout(client, rollbackOf);
  const complete = await addBegunTargets(client, draft);
  const edit = await start(complete, client, metadata, first);
  if (first !== undefined) await storeEdit(client, first, rolledBack(first, id), actor);
  return edit;
}

/** What a rollback does to the first rollout: links it, and cancels it if it has not ended. Throws if there is a rollback already. */
export function rolledBack(first: StoredRollout, rollbackId: string): Pick<RolloutEdit, 'set' | 'entries'> {
  if (first.rolledBackBy !== null && first.rolledBackBy !== rollbackId)
    throw rpcError(
      'ROLLOUT_ALREADY_ROLLED_BACK',
      `rollout ${first.id} is rolled back by ${first.rolledBackBy}`,
      {
        metadata: { rolled_back_by: first.rolledBackBy },
      },
    );
  const isLive = first.state === 'RUNNING' || first.state === 'PAUSED';
  return {
    set: { rolledBackBy: rollbackId, ...(isLive && cancelling) },
    entries: [
      { type: 'ROLLED_BACK' },
      ...(isLive ? [cancelRequested] : []),
      ...(first.open ? [closedFor('ROLLED_BACK')] : []),
    ],
  };
}

/** The state of a rollout that CancelRollout or a rollback cancels, and the command that cancels its targets in batches. */
export const cancelling = { state: 'CANCELLING', pauseCause: null, pauseDetail: null, open: false } as const;
export const cancelRequested = { type: 'CANCEL_REQUESTED', isCommand: true } as const;
