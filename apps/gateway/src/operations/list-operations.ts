import {
  type ListOperationsRequest,
  type ListOperationsResponse,
  Operation,
  OperationState,
  toOperation,
} from '@wxa/contracts';
import type { OperationFilter } from '@wxa/operations';
import { MAX_EXAMINED, type Visible } from '@wxa/postgres/lists';
import type { Store } from '@wxa/store';
import { lastEntryOf, pageToken } from './page-token.js';

const DEFAULT_PAGE = 50;
/** Clients accept 4 MiB by default. */
const MAX_PAGE_BYTES = 3 * 1024 * 1024;
/** Parts of the page size: the page token, and the tag and length of each operation. */
const TOKEN_BYTES = 1024;
const FRAME_BYTES = 6;
/** Rows per read. With results of 64 KB each, reading a whole page at once could take 32 MB, most of which is discarded. */
const ROWS = 51;

/**
 * Returns one page of operations: as many as requested, or as fit in 3 MiB, or as are found among 20,000 if the
 * caller may see only a part of the mini-programs, or asks for the changes of all of them, or by person, version or rollout.
 */
export async function listOperations(
  store: Store,
  request: ListOperationsRequest,
  signal: AbortSignal,
  visible?: Visible,
): Promise<ListOperationsResponse> {
  const limit = request.pageSize || DEFAULT_PAGE;
  const operations: Operation[] = [];
  let bytes = TOKEN_BYTES;
  const page = (lastId: string | undefined) => ({
    operations,
    nextPageToken: lastId === undefined ? '' : pageToken(lastId, operationsOf(request)),
  });
  let left = MAX_EXAMINED;
  let filter = { ...filterOf(request), ...(visible && { visible }) };
  for (; ; filter = { ...filter, lastId: lastIdOf(operations) }) {
    // One more row than requested shows whether there is a next page.
    const wanted = Math.min(limit + 1 - operations.length, ROWS);
    const read = await store.operations.list({ ...filter, limit: wanted, maxExamined: left }, signal);
    for (const operation of read.operations.map(toOperation)) {
      bytes += Operation.encode(operation).finish().length + FRAME_BYTES;
      if (operations.length === limit || (bytes > MAX_PAGE_BYTES && operations.length > 0))
        return page(lastIdOf(operations));
      operations.push(operation);
    }
    if (read.operations.length < wanted) return page(read.examinedTo);
    left -= read.examined;
    if (left <= 0) return page(lastIdOf(operations));
  }
}

function lastIdOf(operations: Operation[]): string {
  return operations.at(-1)?.id ?? '';
}

function filterOf(request: ListOperationsRequest): Omit<OperationFilter, 'limit'> {
  const { appid, state, method, createTimeAfter, createTimeBefore, oldestFirst, changesOnly } = request;
  const { onBehalfOf, userVersion, rolloutId } = request;
  const lastId = lastEntryOf(request.pageToken, operationsOf(request));
  return {
    ...(appid !== '' && { appid }),
    ...(state !== OperationState.OPERATION_STATE_UNSPECIFIED && {
      state: state.replace('OPERATION_STATE_', ''),
    }),
    ...(method !== '' && { method }),
    ...(createTimeAfter !== undefined && { createdFrom: createTimeAfter }),
    ...(createTimeBefore !== undefined && { createdBefore: createTimeBefore }),
    ...(lastId !== undefined && { lastId }),
    ...(onBehalfOf !== '' && { onBehalfOf }),
    ...(userVersion !== '' && { userVersion }),
    ...(rolloutId !== '' && { rolloutId }),
    oldestFirst,
    changesOnly,
  };
}

/**
 * The list that a page token is bound to. Without later filters its form is that of earlier versions, whose tokens stay
 * valid.
 */
export function operationsOf(request: ListOperationsRequest): string[] {
  const { appid, state, method, createTimeAfter, createTimeBefore, oldestFirst, changesOnly } = request;
  const isRange = createTimeAfter !== undefined || createTimeBefore !== undefined;
  const range = [createTimeAfter, createTimeBefore].map((time) => String(time?.getTime()));
  const flags = [...(oldestFirst ? ['oldest'] : []), ...(changesOnly ? ['changes'] : [])];
  const sought = [request.onBehalfOf, request.userVersion, request.rolloutId];
  const isSought = sought.some((one) => one !== '');
  return [
    'operations',
    appid,
    state,
    method,
    ...(isRange ? range : []),
    ...flags,
    ...(isSought ? sought : []),
  ];
}
