import type { ListTrailRequest, ListTrailResponse, TrailRow } from '@wxa/contracts';
import type { Store } from '@wxa/store';
import { ListPage } from './list-page.js';

type Stored = Awaited<ReturnType<Store['callers']['listTrail']>>[number];

/** Returns one page of the audit trail, the newest rows first. */
export async function listTrail(
  store: { callers: Pick<Store['callers'], 'listTrail'> },
  request: ListTrailRequest,
  signal: AbortSignal,
): Promise<ListTrailResponse> {
  const { since, action, caller, appid, onBehalfOf } = request;
  const page = new ListPage(request, trailOf(request));
  const filter = {
    ...(since !== undefined && { since }),
    ...(action !== '' && { action }),
    ...(caller !== '' && { caller }),
    ...(appid !== '' && { appid }),
    ...(onBehalfOf !== '' && { onBehalfOf }),
    ...page.after('after'),
    limit: page.limit,
  };
  const rows = await store.callers.listTrail(filter, signal);
  const { messages, nextPageToken } = page.of(rows, ({ position }) => position, toRow);
  return { rows: messages, nextPageToken };
}

/** The list that a page token is bound to. */
export function trailOf({ since, action, caller, appid, onBehalfOf }: ListTrailRequest): string[] {
  return ['trail', String(since?.getTime()), action, caller, appid, onBehalfOf];
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
