import {
  type Lane,
  type ListLanesRequest,
  type ListLanesResponse,
  type Operation,
  OperationState,
  toOperation,
} from '@wxa/contracts';
import type { Lane as StoredLane } from '@wxa/operations';
import type { Visible } from '@wxa/postgres/lists';
import type { Store } from '@wxa/store';
import { ListPage } from './list-page.js';

/** The list that a page token is bound to. */
export const LANES = ['lanes'];

/** Returns one page of lanes, those whose oldest change waits longest first. */
export async function listLanes(
  store: { operations: Pick<Store['operations'], 'listLanes'> },
  request: ListLanesRequest,
  signal: AbortSignal,
  visible?: Visible,
): Promise<ListLanesResponse> {
  const page = new ListPage(request, LANES);
  const filter = { ...page.after('afterId'), ...(visible && { visible }), limit: page.limit };
  const { lanes, examinedTo } = await store.operations.listLanes(filter, signal);
  const { messages, nextPageToken } = page.of(lanes, ({ oldestId }) => oldestId, toLane, { examinedTo });
  return { lanes: messages, nextPageToken };
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
