import type { Pool } from 'pg';
import { NIL } from 'uuid';
import { unlessAborted } from '../transaction.js';
import { type OperationEntity, operationColumns } from './operation.entity.js';

/** Operations by id, in no order; unknown ids are omitted. */
export async function findOperations(pool: Pool, ids: string[]): Promise<OperationEntity[]> {
  if (ids.length === 0) return [];
  const { rows } = await pool.query<OperationEntity>({
    name: 'find-operations',
    text: `select ${operationColumns('o')} from operations o where id = any($1::uuid[])`,
    values: [ids],
  });
  return rows;
}

/** Returns one entry per id, in order; undefined for an unknown one. */
export async function findEach(pool: Pool, ids: string[]): Promise<(OperationEntity | undefined)[]> {
  const byId = new Map((await findOperations(pool, ids)).map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id.toLowerCase()));
}

/** Which unfinished operations to list, in the order of ids; the last id of a page starts the next. */
export interface UnfinishedFilter {
  appid?: string;
  /** Only those that changed at or after this instant. */
  since?: Date;
  /** Only those accepted after this one. */
  afterId?: string;
  limit: number;
}

/**
 * One page of unfinished operations, in the order of acceptance. Rejects with the signal's reason if the signal is aborted
 * before the statement begins.
 */
export async function listUnfinished(
  pool: Pool,
  filter: UnfinishedFilter,
  signal?: AbortSignal,
): Promise<OperationEntity[]> {
  const { rows } = await unlessAborted(pool, signal, (client) =>
    client.query<OperationEntity>({
      name: 'list-unfinished',
      text: `select ${operationColumns('o')} from operations o where ended_at is null
        and ($1::text is null or appid = $1) and ($2::timestamptz is null or updated_at >= $2)
        and id > $3 order by id limit $4`,
      values: [filter.appid ?? null, filter.since ?? null, filter.afterId ?? NIL, filter.limit],
    }),
  );
  return rows;
}

/** Whether an operation of a mini-program is known, and has ended. */
export interface LookUp {
  known: boolean;
  ended: boolean;
}

/** Looks up operations by id without reading their requests; one result for each, in order. */
export async function lookUp(pool: Pool, wanted: { id: string; appid: string }[]): Promise<LookUp[]> {
  const { rows } = await pool.query<{ id: string; appid: string; ended: boolean }>({
    name: 'look-up',
    text: 'select id, appid, ended_at is not null as ended from operations where id = any($1::uuid[])',
    values: [wanted.map(({ id }) => id)],
  });
  const found = new Map(rows.map((row) => [row.id, row]));
  return wanted.map(({ id, appid }) => {
    const row = found.get(id);
    return { known: row?.appid === appid, ended: row?.ended === true };
  });
}
