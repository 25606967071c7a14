import type { ClientBase, Pool } from 'pg';
import type { OperationEntity } from '../entities/operation.entity.js';
import { operationColumns } from './operation-columns.js';

const FINAL_STATES = ['SUCCEEDED', 'FAILED', 'CANCELLED'];
const NIL = '00000000-0000-0000-0000-000000000000';

/** Which operations to list; newest first. */
export interface OperationFilter {
  appid?: string;
  state?: string;
  method?: string;
  /** Only those accepted before this one. */
  beforeId?: string;
  limit: number;
}

/** Operations by id, in no order; ids that are not there are left out. */
export async function findOperations(pool: Pool, ids: string[]): Promise<OperationEntity[]> {
  const { rows } = await pool.query<OperationEntity>({
    name: 'find-operations',
    text: `select ${operationColumns('o')} from operations o where id = any($1::uuid[])`,
    values: [ids],
  });
  return rows;
}

/** A page of larger ones would be more than a caller takes at once. In bytes, as JSON. */
const MAX_LISTED_RESULT = 64 * 1024;
// Most of what is too large is so as it is stored, compressed: of that the text is never read.
const LISTED = operationColumns('o', {
  result: `case when o.method <> 'GetTrialQrCode' and pg_column_size(o.result) <= ${MAX_LISTED_RESULT}
    and octet_length(o.result::text) <= ${MAX_LISTED_RESULT} then o.result end`,
});

/** One page of operations; an image, and a result over 64 KB, is left out. */
export async function listOperations(
  client: ClientBase,
  filter: OperationFilter,
): Promise<OperationEntity[]> {
  const conditions = { appid: 'appid =', state: 'state =', method: 'method =', beforeId: 'id <' } as const;
  const given = (Object.keys(conditions) as (keyof typeof conditions)[]).filter(
    (k) => filter[k] !== undefined,
  );
  const asked = given.map((key, i) => `o.${conditions[key]} $${i + 2}`);
  // Says the same again, for the index of what is unfinished: those are few.
  const isUnfinished = filter.state !== undefined && !FINAL_STATES.includes(filter.state);
  const where = [...asked, ...(isUnfinished ? ['o.ended_at is null'] : [])].join(' and ') || 'true';
  const { rows } = await client.query<OperationEntity>(
    `select ${LISTED} from operations o where ${where} order by o.id desc limit $1`,
    [filter.limit, ...given.map((key) => filter[key])],
  );
  return rows;
}

/** Which unfinished operations to list; by id, so that the last one's id asks for the next page. */
export interface UnfinishedFilter {
  appid?: string;
  /** Only those that changed at or after this instant. */
  since?: Date;
  /** Only those accepted after this one. */
  afterId?: string;
  limit: number;
}

/** One page of unfinished operations, in the order of acceptance. */
export async function listUnfinished(
  client: ClientBase,
  filter: UnfinishedFilter,
): Promise<OperationEntity[]> {
  const { rows } = await client.query<OperationEntity>({
    name: 'list-unfinished',
    text: `select ${operationColumns('o')} from operations o where ended_at is null
      and ($1::text is null or appid = $1) and ($2::timestamptz is null or updated_at >= $2)
      and id > $3 order by id limit $4`,
    values: [filter.appid ?? null, filter.since ?? null, filter.afterId ?? NIL, filter.limit],
  });
  return rows;
}
