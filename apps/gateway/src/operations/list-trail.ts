import type { ListTrailRequest, ListTrailResponse, TrailRow } from '@wxa/contracts';
import type { Store } from '@wxa/store';
import { lastOf, pageToken } from './page-token.js';

const DEFAULT_PAGE = 50;

type Stored = Awaited<ReturnType<Store['callers']['listTrail']>>[number];

/** Returns one page of the audit trail, the newest rows first. */
export async function listTrail(
  store: { callers: Pick<Store['callers'], 'listTrail'> },
  request: ListTrailRequest,
  signal: AbortSignal,
): Promise<ListTrailResponse> {
  const { since, action, caller, appid, pageToken: token } = request;
  const limit = request.pageSize || DEFAULT_PAGE;
  const after = lastOf(token, listOf(request));
  const filter = {
    ...(since !== undefined && { since }),
    ...(action !== '' && { action }),
    ...(caller !== '' && { caller }),
    ...(appid !== '' && { appid }),
    ...(after !== undefined && { after }),
  };
  // One more row than requested shows whether there is a next page.
  const rows = await store.callers.listTrail({ ...filter, limit: limit + 1 }, signal);
  const last = rows.length > limit ? rows[limit - 1]?.position : undefined;
  return {
    rows: rows.slice(0, limit).map(toRow),
    nextPageToken: last === undefined ? '' : pageToken(last, listOf(request)),
  };
}

/** The list that a page token is bound to. */
export function listOf({ since, action, caller, appid }: ListTrailRequest): string[] {
  return ['trail', String(since?.getTime()), action, caller, appid];
}

function toRow({ id, at, caller, onBehalfOf, peer, action, appid, operationId, detail }: Stored): TrailRow {
  return {
    ...{ id, at, action, detail },
    caller: caller ?? '',
    onBehalfOf: onBehalfOf ?? '',
    peer: peer ?? '',
    appid: appid ?? '',
    operationId: operationId ?? '',
  };
}
