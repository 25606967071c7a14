import {
  type ListOperationsRequest,
  type ListOperationsResponse,
  OperationState,
  toOperation,
} from '@wxa/contracts';
import type { OperationFilter, Store } from '@wxa/store';
import { lastOf, pageToken } from '../grpc/page-token.js';

const DEFAULT_PAGE = 50;

/** One page of operations, newest first. */
export async function listOperations(
  store: Store,
  request: ListOperationsRequest,
  signal: AbortSignal,
): Promise<ListOperationsResponse> {
  const limit = request.pageSize || DEFAULT_PAGE;
  // One more than asked for tells whether there is a next page.
  const rows = await store.listOperations({ ...filterOf(request), limit: limit + 1 }, signal);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    operations: page.map(toOperation),
    nextPageToken: last === undefined ? '' : pageToken(last.id, listOf(request)),
  };
}

function filterOf(request: ListOperationsRequest): Omit<OperationFilter, 'limit'> {
  const { appid, state, method } = request;
  const beforeId = lastOf(request.pageToken, listOf(request));
  return {
    ...(appid !== '' && { appid }),
    ...(state !== OperationState.OPERATION_STATE_UNSPECIFIED && {
      state: state.replace('OPERATION_STATE_', ''),
    }),
    ...(method !== '' && { method }),
    ...(beforeId !== undefined && { beforeId }),
  };
}

/** What the page tokens of a list are for. */
export function listOf({ appid, state, method }: ListOperationsRequest): string[] {
  return ['operations', appid, state, method];
}
