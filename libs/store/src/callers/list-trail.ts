import type { ListTrailRequest } from '@wxa/contracts';
import { unlessAborted } from '@wxa/postgres';
import type { TrailEntry } from '@wxa/postgres/trail';
import type { Pool } from 'pg';

/** Which rows to list, the newest first. */
export interface TrailFilter
  extends Partial<Pick<ListTrailRequest, 'since' | 'action' | 'caller' | 'appid' | 'onBehalfOf'>> {
  /** Only those after this position. */
  after?: string;
  limit: number;
}

/** A row of the trail; `position` is that in a list. */
export type TrailRow = TrailEntry & { id: string; at: Date; position: string };

/** One page of the audit trail. Rejects with the signal's reason if the signal is aborted before the statement begins. */
export async function listTrail(pool: Pool, filter: TrailFilter, signal?: AbortSignal): Promise<TrailRow[]> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const { since, action, caller, appid, onBehalfOf, after } = filter;
  const [afterAt, afterId] = after?.split('|') ?? [];
  const conditions = [
    'true',
    ...(since === undefined ? [] : [`at >= ${bind(since)}`]),
    ...(action === undefined ? [] : [`action = ${bind(action)}`]),
    ...(caller === undefined ? [] : [`caller = ${bind(caller)}`]),
    ...(appid === undefined ? [] : [`appid = ${bind(appid)}`]),
    ...(onBehalfOf === undefined ? [] : [`on_behalf_of = ${bind(onBehalfOf)}`]),
    ...(after === undefined ? [] : [`(at, id) < (${bind(afterAt)}::timestamptz, ${bind(afterId)}::uuid)`]),
  ];
  const text = `select id, at, caller, on_behalf_of as "onBehalfOf", peer, action, appid, operation_id as "operationId", detail,
      at::text || '|' || id as position
    from trail where ${conditions.join(' and ')} order by at desc, id desc limit ${bind(filter.limit)}`;
  const { rows } = await unlessAborted(pool, signal, (client) => client.query<TrailRow>(text, values));
  return rows;
}
