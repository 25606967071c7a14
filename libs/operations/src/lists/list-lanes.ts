import { unlessAborted } from '@wxa/postgres';
import { MAX_EXAMINED, type Visible, whereVisible } from '@wxa/postgres/lists';
import type { Pool } from 'pg';
import { NIL } from 'uuid';
import { type StoredOperation, shownColumns } from '../stored-operation.js';

/** Changes that are counted of each lane at most. */
export const MAX_LENGTH = 1_000;

/** Which lanes to list, in the order of their oldest changes. */
export interface LaneFilter {
  /** Only those whose oldest change was accepted after this one. */
  afterId?: string;
  /** Only those of mini-programs that the caller may see. */
  visible?: Visible;
  limit: number;
}

/** The unfinished changes of a mini-program. */
export interface Lane {
  /** The change that was accepted first. */
  oldestId: string;
  waitingSince: Date;
  /** The change that has begun; the oldest one if none has. */
  head: StoredOperation;
  /** MAX_LENGTH if there are more. */
  length: number;
}

/** `examinedTo`: the page has fewer lanes than requested because it ends at this operation; the next page starts after it. */
export interface LanePage {
  lanes: Lane[];
  examinedTo: string | undefined;
}

type Row = StoredOperation & {
  oldestId: string;
  waitingSince: Date;
  isOldest: boolean;
  isLast: boolean;
  length: number;
};

const LANE = (appid: string) => `p.appid = ${appid} and p.is_change and p.ended_at is null`;

/**
 * One page of the lanes that have unfinished changes. Examines at most MAX_EXAMINED unfinished operations: a lane is found at
 * its oldest change, and those that wait behind it are passed. Rejects with the signal's reason if the signal is aborted
 * before the statement begins.
 */
export async function listLanes(pool: Pool, filter: LaneFilter, signal?: AbortSignal): Promise<LanePage> {
  const { afterId = NIL, visible, limit } = filter;
  const values: unknown[] = [afterId, limit];
  const isVisible = whereVisible('appid', visible, (value) => `$${values.push(value)}`);
  // The numbers are assigned while the index is read, so that reading ends with the page.
  const text = `with numbered as (
      select id, appid, seq, is_change, created_at, row_number() over (order by id) = ${MAX_EXAMINED} as is_last
      from operations where ended_at is null and id > $1 order by id limit ${MAX_EXAMINED}
    ), oldest as materialized (
      select * from numbered n, lateral (select n.is_change and ${isVisible} and not exists (
        select from operations p where ${LANE('n.appid')} and p.seq < n.seq) as is_oldest) o
      where is_oldest or is_last order by id limit $2
    )
    select l.id as "oldestId", l.created_at as "waitingSince", l.is_oldest as "isOldest", l.is_last as "isLast",
      (select count(*)::int from (select from operations p where ${LANE('l.appid')} limit ${MAX_LENGTH}) c) as length,
      ${shownColumns('h')}
    from oldest l join operations h on h.id = coalesce((
      select p.id from operations p where p.appid = l.appid and p.is_change
        and p.state in ('RUNNING', 'RETRYING', 'IN_DOUBT')), l.id)
    order by l.id`;
  const { rows } = await unlessAborted(pool, signal, (client) => client.query<Row>(text, values));
  return {
    lanes: rows.filter(({ isOldest }) => isOldest).map(laneOf),
    examinedTo: rows.find(({ isLast }) => isLast)?.oldestId,
  };
}

function laneOf({ oldestId, waitingSince, isOldest: _, isLast: __, length, ...head }: Row): Lane {
  return { oldestId, waitingSince, length, head };
}
