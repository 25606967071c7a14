import {
  type Lane,
  type ListLanesRequest,
  type ListLanesResponse,
  type Operation,
  OperationState,
  toOperation,
} from '@wxa/contracts';
import type { Lane as StoredLane } from '@wxa/operations';
import type { Visible } from '@wxa/postgres';
import type { Store } from '@wxa/store';
import { lastOf, pageToken } from './page-token.js';

const DEFAULT_PAGE = 50;

/** The list that a page token is bound to. */
export const LANES = ['lanes'];

/** Returns one page of lanes, those whose oldest change waits longest first. */
export async function listLanes(
  store: { operations: Pick<Store['operations'], 'listLanes'> },
  request: ListLanesRequest,
  signal: AbortSignal,
  visible?: Visible,
): Promise<ListLanesResponse> {
  const limit = request.pageSize || DEFAULT_PAGE;
  const afterId = lastOf(request.pageToken, LANES);
  // One more lane than requested shows whether there is a next page.
  const filter = { ...(afterId !== undefined && { afterId }), ...(visible && { visible }), limit: limit + 1 };
  const { lanes, examinedTo } = await store.operations.listLanes(filter, signal);
  const page = lanes.slice(0, limit);
  const last = lanes.length > limit ? page.at(-1)?.oldestId : examinedTo;
  return { lanes: page.map(toLane), nextPageToken: last === undefined ? '' : pageToken(last, LANES) };
}

/** Converts a stored lane to its message. */
export function toLane({ head, length, waitingSince }: StoredLane): Lane {
  const operation = toOperation(head);
  const { appid } = operation;
  const blockedBy = length > 1 && isWaiting(operation) ? operation.id : '';
  return { appid, length, head: operation, blockedBy, waitStartTime: waitingSince };
}

/** Whether an operation is in doubt or waits itself, for its next attempt or for an API. */
function isWaiting({ state, nextAttemptTime }: Operation): boolean {
  return state === OperationState.OPERATION_STATE_IN_DOUBT || nextAttemptTime !== undefined;
}
