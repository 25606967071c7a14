import {
  type ListOperationsRequest,
  type ListOperationsResponse,
  OperationState,
  toOperation,
} from '@wxa/contracts';
import type { OperationFilter, Store } from '@wxa/store';
import { invalidRequest } from '../grpc/fault.js';
import { lastOf, pageToken } from '../grpc/page-token.js';

const DEFAULT_PAGE = 50;

/** One page of operations, newest first. Throws a Fault for a token that is not ours. */
export async function listOperations(
  store: Store,
  request: ListOperationsRequest,
): Promise<ListOperationsResponse> {
  const limit = request.pageSize || DEFAULT_PAGE;
  // One more than asked for tells whether there is a next page.
  const rows = await store.listOperations({ ...filterOf(request), limit: limit + 1 });
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    operations: page.map(toOperation),
    nextPageToken: last === undefined ? '' : pageToken(last.id, listOf(request)),
  };
}

function filterOf(request: ListOperationsRequest): Omit<OperationFilter, 'limit'> {
  const { appid, state, method } = request;
  const beforeId = request.pageToken === '' ? undefined : beforeIdOf(request);
  return {
    ...(appid !== '' && { appid }),
    ...(state !== OperationState.OPERATION_STATE_UNSPECIFIED && {
      state: state.replace('OPERATION_STATE_', ''),
    }),
    ...(method !== '' && { method }),
    ...(beforeId !== undefined && { beforeId }),
  };
}

function beforeIdOf(request: ListOperationsRequest): string {
  const id = lastOf(request.pageToken, listOf(request));
  if (id !== undefined) return id;
  const description = 'must be a next_page_token of this service, given with the same filters';
  throw invalidRequest([{ field: 'page_token', description }]);
}

function listOf({ appid, state, method }: ListOperationsRequest): string[] {
  return ['operations', appid, state, method];
}
