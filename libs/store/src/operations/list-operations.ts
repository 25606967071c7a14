import type { ClientBase, Pool } from 'pg';
import { NIL } from 'uuid';
import { unlessAborted } from '../transaction.js';
import { lowestId } from './accept.js';
import { type OperationEntity, operationColumns } from './operation.entity.js';

const STATES = ['QUEUED', 'RUNNING', 'RETRYING', 'IN_DOUBT', 'SUCCEEDED', 'FAILED', 'CANCELLED'];
const HIGHEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Which operations to list; newest first. */
export interface OperationFilter {
  appid?: string;
  state?: string;
  method?: string;
  /** Only those accepted at this time or later. */
  createdFrom?: Date;
  /** Only those accepted earlier than this. */
  createdBefore?: Date;
  /** Only those accepted before this one. */
  beforeId?: string;
  limit: number;
}

/** `examinedTo`: the filter was applied to a part of the operations; the next page starts below this id. */
export interface OperationPage {
  operations: OperationEntity[];
  examinedTo: string | undefined;
}

/** Larger results are omitted, because a page of them would exceed what a caller accepts. In bytes, as JSON. */
const MAX_LISTED_RESULT = 64 * 1024;
// Most results that are too large are so even as stored, compressed, and are omitted without reading their text.
const LISTED = operationColumns('o', {
  result: `case when o.method <> 'GetTrialQrCode' and pg_column_size(o.result) <= ${MAX_LISTED_RESULT}
    and octet_length(o.result::text) <= ${MAX_LISTED_RESULT} then o.result end`,
});

/** How many operations of a mini-program are examined per requested one, and at least. */
const EXAMINED_PER_LISTED = 8;
const EXAMINED_AT_LEAST = 400;

/** The time of an operation and that of its id may differ by less than this. */
const ID_TIME_TOLERANCE_MS = 10;

/** Adds a parameter to a statement and returns its placeholder. */
type Bind = (value: unknown) => string;

/**
 * One page of operations, without images and results over 64 KB. Reads a bounded number of rows for any filter and any number
 * of operations: the operations of a mini-program are filtered in parts, all others are found by an index. Rejects with the
 * signal's reason if the signal is aborted before the statement begins.
 */
export function listOperations(
  pool: Pool,
  filter: OperationFilter,
  signal?: AbortSignal,
): Promise<OperationPage> {
  const { appid, state, method } = filter;
  const inParts = appid !== undefined && (state !== undefined || method !== undefined);
  return unlessAborted(pool, signal, (client) => (inParts ? examine(client, filter) : find(client, filter)));
}

async function find(client: ClientBase, filter: OperationFilter): Promise<OperationPage> {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const { rows } = await client.query<OperationEntity>(
    `select ${LISTED} from (${found(filter, bind)}) o order by o.id desc limit ${bind(filter.limit)}`,
    values,
  );
  return { operations: rows, examinedTo: undefined };
}

function found(filter: OperationFilter, bind: Bind): string {
  const { appid, state, method } = filter;
  if (appid !== undefined) return newest(filter, { appid }, bind);
  if (method === undefined) return newest(filter, state === undefined ? {} : { state }, bind);
  // The index by method is ordered by id within each state.
  const states = state === undefined ? STATES : [state];
  return states.map((each) => `(${newest(filter, { method, state: each }, bind)})`).join(' union all ');
}

/**
 * The newest operations with these values, from the index of these columns and the id. Rows are compared as a whole: with a
 * comparison per column Postgres would scan all operations by id if it expects many matches.
 */
function newest(
  filter: Omit<OperationFilter, 'appid' | 'state' | 'method'>,
  values: Record<string, string>,
  bind: Bind,
): string {
  const columns = [...Object.keys(values), 'id'].map((column) => `o.${column}`);
  const same = Object.values(values).map(bind);
  const bound = (id: string) => `(${[...same, bind(id)].join(', ')})`;
  const row = `(${columns.join(', ')})`;
  const { from, before } = idRange(filter);
  return `select * from operations o
    where ${row} >= ${bound(from)} and ${row} < ${bound(before)} and ${createdAt(filter, bind)}
    order by ${columns.map((column) => `${column} desc`).join(', ')} limit ${bind(filter.limit)}`;
}

function idRange({ createdFrom, createdBefore, beforeId = HIGHEST }: Omit<OperationFilter, 'limit'>) {
  const idAt = (time: Date, toleranceMs: number) => lowestId(time.getTime() + toleranceMs);
  const from = createdFrom === undefined ? NIL : idAt(createdFrom, -ID_TIME_TOLERANCE_MS);
  const to = createdBefore === undefined ? HIGHEST : idAt(createdBefore, ID_TIME_TOLERANCE_MS);
  return { from, before: beforeId < to ? beforeId : to };
}

function createdAt({ createdFrom, createdBefore }: Omit<OperationFilter, 'limit'>, bind: Bind): string {
  const from = createdFrom === undefined ? [] : [`o.created_at >= ${bind(createdFrom)}`];
  const before = createdBefore === undefined ? [] : [`o.created_at < ${bind(createdBefore)}`];
  return [...from, ...before].join(' and ') || 'true';
}

/** Further indexes by mini-program would cost each accept, claim and settlement more than this costs a list. */
async function examine(client: ClientBase, filter: OperationFilter): Promise<OperationPage> {
  const { appid = '', state = null, method = null, limit } = filter;
  const maxExamined = Math.max(EXAMINED_AT_LEAST, EXAMINED_PER_LISTED * limit);
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const { rows } = await client.query<{ examinedTo: string | null; id: string | null } & OperationEntity>(
    `with examined as materialized (
      select id, state, method from (${newest({ ...filter, limit: maxExamined }, { appid }, bind)}) o
    )
    select e.id as "examinedTo", ${LISTED}
    from (select (select id from examined order by id desc offset ${maxExamined - 1} limit 1) as id) e
    left join lateral (
      select * from operations where id = any(array(
        select id from examined
        where state = coalesce(${bind(state)}, state) and method = coalesce(${bind(method)}, method)
        order by id desc limit ${bind(limit)}))
    ) o on true
    order by o.id desc`,
    values,
  );
  const operations = rows.filter(({ id }) => id !== null).map(({ examinedTo: _, ...operation }) => operation);
  return { operations, examinedTo: rows[0]?.examinedTo ?? undefined };
}
