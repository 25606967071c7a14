import {
  type ListRolloutChangesRequest,
  type ListRolloutChangesResponse,
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
import type { TargetPosition } from '@wxa/rollouts/calls';
import { filterOf, type StoredRollout, type StoredTarget, toRollout } from '@wxa/rollouts/core';
import type { Store } from '@wxa/store';
import { rpcError } from '../errors/rpc-error.js';
import { lastOf, pageToken } from '../operations/page-token.js';
import type { RolloutCaller } from './rollout-access.js';
import { toChange } from './to-rollout.js';
import { contextOf, toTarget } from './to-target.js';

const DEFAULT_PAGE = 50;
/** Clients accept 4 MiB by default. */
const MAX_PAGE_BYTES = 3 * 1024 * 1024;

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
  const { states, appid, caller: actor, pageToken: token } = request;
  const limit = request.pageSize || DEFAULT_PAGE;
  const beforeId = lastOf(token, rolloutsOf(request));
  const filter = {
    ...(states.length > 0 && { states: states.map((state) => state.replace('ROLLOUT_STATE_', '')) }),
    ...(appid !== '' && { appid }),
    ...(!caller.seesAll && { creator: caller.name }),
    ...(actor !== '' && { caller: actor }),
    ...(beforeId !== undefined && { beforeId }),
  };
  const rows = await rollouts.list({ ...filter, limit: limit + 1 }, signal);
  const page = fitting(rows, limit, toRollout, (rollout) => Rollout.encode(rollout).finish().length);
  return {
    rollouts: page.messages,
    nextPageToken: page.last === undefined ? '' : pageToken(page.last.id, rolloutsOf(request)),
  };
}

/** One page of the targets that the caller sees: as many as requested, or as fit in 3 MiB. */
export async function listTargets(
  { rollouts }: Store,
  request: ListRolloutTargetsRequest,
  { rollout, visible }: Read,
  signal: AbortSignal,
): Promise<ListRolloutTargetsResponse> {
  const limit = request.pageSize || DEFAULT_PAGE;
  const last = lastOf(request.pageToken, targetsOf(request));
  const query = {
    rolloutId: rollout.id,
    filter: filterOf(request.filter),
    visible,
    ...(last !== undefined && { after: positionFrom(last) }),
  };
  const rows = await rollouts.listTargets({ ...query, limit: limit + 1 }, signal);
  const context = contextOf(rollout);
  const toMessage = (row: StoredTarget) => toTarget(row, context, request.withRequests);
  const page = fitting(rows, limit, toMessage, (target) => RolloutTarget.encode(target).finish().length);
  return {
    targets: page.messages,
    nextPageToken: page.last === undefined ? '' : pageToken(positionText(page.last), targetsOf(request)),
  };
}

/** One page of the journal, newest first. */
export async function listChanges(
  { rollouts }: Store,
  request: ListRolloutChangesRequest,
  signal: AbortSignal,
): Promise<ListRolloutChangesResponse> {
  const limit = request.pageSize || DEFAULT_PAGE;
  const beforeSeq = lastOf(request.pageToken, changesOf(request));
  const query = { rolloutId: request.id, ...(beforeSeq !== undefined && { beforeSeq }) };
  const rows = await rollouts.listChanges({ ...query, limit: limit + 1 }, signal);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    changes: page.map(toChange),
    nextPageToken: last === undefined ? '' : pageToken(last.seq, changesOf(request)),
  };
}

/** The messages of a page, and its last row if there is a next page. One more row than `limit` shows whether there is. */
function fitting<Row, Message>(
  rows: readonly Row[],
  limit: number,
  toMessage: (row: Row) => Message,
  bytesOf: (message: Message) => number,
): { messages: Message[]; last: Row | undefined } {
  const messages: Message[] = [];
  let bytes = 0;
  for (const row of rows.slice(0, limit)) {
    const message = toMessage(row);
    bytes += bytesOf(message);
    if (bytes > MAX_PAGE_BYTES && messages.length > 0) break;
    messages.push(message);
  }
  return { messages, last: rows.length > messages.length ? rows[messages.length - 1] : undefined };
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
    ...toTarget(found, contextOf(rollout), true),
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
export function positionText({ state, step, wave, position }: TargetPosition): string {
  return [state, step, wave, position].join(' ');
}

export function positionFrom(text: string): TargetPosition {
  const [state = '', ...numbers] = text.split(' ');
  const [step = 0, wave = 0, position = 0] = numbers.map(Number);
  return { state, step, wave, position };
}
