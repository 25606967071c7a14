import {
  type ListRolloutChangesRequest,
  type ListRolloutChangesResponse,
  type ListRolloutHistoryResponse,
  type ListRolloutsRequest,
  type ListRolloutsResponse,
  type ListRolloutTargetsRequest,
  type ListRolloutTargetsResponse,
  Rollout,
  RolloutTarget,
  RolloutTargetFilter,
  toOperation,
} from '@wxa/contracts';
import type { VisibleAppids } from '@wxa/policy';
import { type TargetPosition, targetMessages } from '@wxa/rollouts/calls';
import { filterOf, type StoredRollout, toRollout } from '@wxa/rollouts/core';
import { toChange } from '@wxa/rollouts/rows';
import type { Store } from '@wxa/store';
import { rpcError } from '../errors/rpc-error.js';
import { ListPage } from '../operations/list-page.js';
import type { RolloutCaller } from './rollout-access.js';

/** A rollout, and the mini-programs of it that the caller sees; undefined for all. */
export interface Read {
  rollout: StoredRollout;
  visible: VisibleAppids | undefined;
}

/** One page of the rollouts that the caller sees, newest first: as many as requested, or as fit in 3 MiB. */
export async function listRollouts(
  { rollouts }: Store,
  request: ListRolloutsRequest,
  caller: RolloutCaller,
  signal: AbortSignal,
): Promise<ListRolloutsResponse> {
  const { states, appid, caller: actor } = request;
  const page = new ListPage(request, rolloutsOf(request));
  const filter = {
    ...(states.length > 0 && { states: states.map((state) => state.replace('ROLLOUT_STATE_', '')) }),
    ...(appid !== '' && { appid }),
    ...(!caller.seesAll && { creator: caller.name }),
    ...(actor !== '' && { caller: actor }),
    ...page.after('beforeId'),
    limit: page.limit,
  };
  const rows = await rollouts.list(filter, signal);
  const bytesOf = (rollout: Rollout) => Rollout.encode(rollout).finish().length;
  const { messages, nextPageToken } = page.of(rows, ({ id }) => id, toRollout, { bytesOf });
  return { rollouts: messages, nextPageToken };
}

/** One page of the targets that the caller sees: as many as requested, or as fit in 3 MiB. */
export async function listTargets(
  { rollouts }: Store,
  request: ListRolloutTargetsRequest,
  { rollout, visible }: Read,
  signal: AbortSignal,
): Promise<ListRolloutTargetsResponse> {
  const page = new ListPage(request, targetsOf(request));
  const { after } = page.after('after');
  const query = {
    rolloutId: rollout.id,
    filter: filterOf(request.filter),
    visible,
    ...(after !== undefined && { after: positionFrom(after) }),
    limit: page.limit,
  };
  const rows = await rollouts.listTargets(query, signal);
  const toMessage = targetMessages(rollout, request.withRequests);
  const bytesOf = (target: RolloutTarget) => RolloutTarget.encode(target).finish().length;
  const { messages, nextPageToken } = page.of(rows, positionText, toMessage, { bytesOf });
  return { targets: messages, nextPageToken };
}

/** One page of the journal, newest first. */
export async function listChanges(
  { rollouts }: Store,
  request: ListRolloutChangesRequest,
  signal: AbortSignal,
): Promise<ListRolloutChangesResponse> {
  const page = new ListPage(request, changesOf(request));
  const query = { rolloutId: request.id, ...page.after('beforeSeq'), limit: page.limit };
  const { messages, nextPageToken } = page.of(
    await rollouts.listChanges(query, signal),
    ({ seq }) => seq,
    toChange,
  );
  return { changes: messages, nextPageToken };
}

/** Seconds of an interval of a history: the shortest of which a rollout has few enough. */
const INTERVALS_S = [60, 600, 3_600] as const;
const DAY_S = 86_400;
const MAX_INTERVALS = 200;

/** What happened over time to the targets that the caller sees. */
export async function listHistory(
  { rollouts }: Store,
  { rollout, visible }: Read,
): Promise<ListRolloutHistoryResponse> {
  const { startTime, createTime, endTime } = toRollout(rollout);
  const since = (startTime ?? createTime ?? new Date()).getTime();
  const seconds = ((endTime?.getTime() ?? Date.now()) - since) / 1_000;
  const intervalS = INTERVALS_S.find((one) => seconds / one <= MAX_INTERVALS) ?? DAY_S;
  const points = await rollouts.listHistory({ rolloutId: rollout.id, intervalS, visible });
  return { interval: { seconds: BigInt(intervalS), nanos: 0 }, points };
}

/** One target of a rollout with its requests and operations; one that the caller does not see is none of the rollout. */
export async function getTarget(
  { rollouts, operations }: Store,
  appid: string,
  { rollout, visible }: Read,
  signal: AbortSignal,
): Promise<RolloutTarget> {
  const isSeen = visible?.has(appid) ?? true;
  const found = isSeen ? await rollouts.findTarget(rollout.id, appid, signal) : undefined;
  if (found === undefined)
    throw rpcError('ROLLOUT_TARGET_NOT_FOUND', `${appid} is not in rollout ${rollout.id}`);
  const ofTarget = await operations.ofTarget(rollout.id, appid);
  return {
    ...targetMessages(rollout, true)(found),
    operations: ofTarget.map(toOperation),
  };
}

/** The lists that page tokens are bound to. */
export function rolloutsOf({ states, appid, caller }: ListRolloutsRequest): string[] {
  return ['rollouts', appid, caller, ...states];
}

export function targetsOf({ id, filter }: ListRolloutTargetsRequest): string[] {
  return ['rollout-targets', id, JSON.stringify(RolloutTargetFilter.toJSON(filter ?? NO_FILTER))];
}

export function changesOf({ id }: ListRolloutChangesRequest): string[] {
  return ['rollout-changes', id];
}

const NO_FILTER = RolloutTargetFilter.create();

/** The last target of a page, as the text of its token. */
function positionText({ state, step, wave, position }: TargetPosition): string {
  return [state, step, wave, position].join(' ');
}

function positionFrom(text: string): TargetPosition {
  const [state = '', ...numbers] = text.split(' ');
  const [step = 0, wave = 0, position = 0] = numbers.map(Number);
  return { state, step, wave, position };
}
