import { FINAL_STATES, isMethod, METHODS } from '@wxa/contracts';
import { unlessAborted, withoutNul } from '@wxa/postgres';
import { isLimited, MAX_EXAMINED, type Visible, whereVisible } from '@wxa/postgres/lists';
import type { ClientBase, Pool } from 'pg';
import { NIL } from 'uuid';
import { lowestId } from '../accept.js';
import { type StoredOperation, shownColumns } from '../stored-operation.js';

const HIGHEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Which operations to list. */
export interface OperationFilter {
  appid?: string;
  state?: string;
  method?: string;
  /** Only changes. */
  changesOnly?: boolean;
  /** Only those accepted at this time or later. */
  createdFrom?: Date;
  /** Only those accepted earlier than this. */
  createdBefore?: Date;
  /** Only those of callers that acted for this person. */
  onBehalfOf?: string;
  /** Only those whose request names this version. */
  userVersion?: string;
  /** Only those of this rollout. */
  rolloutId?: string;
  /** Oldest first instead of newest first. */
  oldestFirst?: boolean;
  /** Only those that follow this one in that order. */
  lastId?: string;
  /** Only those of mini-programs that the caller may see. */
  visible?: Visible;
  /** How many operations may be examined to find those that no index finds; by default MAX_EXAMINED. */
  maxExamined?: number;
  limit: number;
}

/** `examinedTo`: the filter was applied to a part of the operations; the next page starts after this id. */
export interface OperationPage {
  operations: StoredOperation[];
  examinedTo: string | undefined;
  /** How many operations were examined to find those that no index finds. */
  examined: number;
}

/** Larger results are omitted, because a page of them would exceed what a caller accepts. In bytes, as JSON. */
const MAX_LISTED_RESULT = 64 * 1024;
// Most results that are too large are so even as stored, compressed, and are omitted without reading their text.
const LISTED = shownColumns('o', {
  result: `case when o.method not in ('GetTrialQrCode', 'GetAuditScreenshot')
    and pg_column_size(o.result) <= ${MAX_LISTED_RESULT}
    and octet_length(o.result::text) <= ${MAX_LISTED_RESULT} then o.result end`,
});

/** How many operations are examined in one part per requested one, and at least. */
const EXAMINED_PER_LISTED = 8;
const EXAMINED_AT_LEAST = 400;
/** How many operations whose requests are read. They may have 768 KiB. */
const MAX_READ = 4_000;
/** If a part has too few that fit, the next one is larger by this factor. */
const GROWTH = 4;

/** The time of an operation and that of its id may differ by less than this. */
const ID_TIME_TOLERANCE_MS = 10;

/** In SQL: the direction of the order, which of several ids comes first in it, and how an id compares that is not after another. */
const NEWEST = { direction: 'desc', first: 'greatest', upTo: '>=' };
const OLDEST = { direction: 'asc', first: 'least', upTo: '<=' };
const orderOf = ({ oldestFirst }: Pick<OperationFilter, 'oldestFirst'>) => (oldestFirst ? OLDEST : NEWEST);

/** Adds a parameter to a statement and returns its placeholder. */
type Bind = (value: unknown) => string;

/**
 * One page of operations, without images and results over 64 KB. Reads a bounded number of rows for any filter and any number
 * of operations: the operations of a mini-program, those that succeeded, those that a caller may see, those sought by person, version or
 * rollout, and the changes of all mini-programs are filtered in parts; all others are found by an index. Rejects with the signal's
 * reason if the signal is aborted before the statement begins.
 */
export function listOperations(
  pool: Pool,
  given: OperationFilter,
  signal?: AbortSignal,
): Promise<OperationPage> {
  const { appid, state, method, limit, visible } = given;
  const isFiltered = state !== undefined || method !== undefined;
  if (given.changesOnly && method !== undefined && !isChange(method)) return Promise.resolve(NO_PAGE);
  const filter = { ...given, changesOnly: given.changesOnly && method === undefined };
  return unlessAborted(pool, signal, (client) => {
    const isOfAll = appid === undefined && filter.changesOnly === true;
    if (isSought(filter)) return findInParts(client, filter);
    if (appid !== undefined && isFiltered) return examine(client, filter, partFor(limit));
    if (isLimited(visible) || (isOfAll && !isFiltered)) return findInParts(client, filter);
    if (isOfAll) return examine(client, filter, partFor(limit));
    const isInIndex = !isFiltered || !rangesOf(filter).includes(EVERY);
    return isInIndex ? find(client, filter) : examine(client, filter, partFor(limit));
  });
}

const NO_PAGE: OperationPage = { operations: [], examinedTo: undefined, examined: 0 };

/** Whether it asks for what no index finds. */
function isSought({ onBehalfOf, userVersion, rolloutId }: OperationFilter): boolean {
  return (onBehalfOf ?? userVersion ?? rolloutId) !== undefined;
}

function isChange(method: string): boolean {
  return isMethod(method) && METHODS[method].kind === 'change';
}

async function find(client: ClientBase, filter: OperationFilter): Promise<OperationPage> {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const found = rangesOf(filter).map((range) => `(${firstOf(filter, range, bind)})`);
  const { rows } = await client.query<StoredOperation>(
    `select ${LISTED} from (${found.join(' union all ')}) o
     order by o.id ${orderOf(filter).direction} limit ${bind(filter.limit)}`,
    values,
  );
  return { operations: rows, examinedTo: undefined, examined: 0 };
}

async function findInParts(client: ClientBase, filter: OperationFilter): Promise<OperationPage> {
  const { maxExamined: left = MAX_EXAMINED, limit, ...rest } = filter;
  const maxExamined = Math.min(left, filter.userVersion === undefined ? MAX_EXAMINED : MAX_READ);
  const operations: StoredOperation[] = [];
  let examined = 0;
  let after = rest;
  for (let part = partFor(limit); ; part *= GROWTH) {
    const size = Math.min(part, maxExamined - examined);
    const page = await examine(client, { ...after, limit: limit - operations.length }, size);
    operations.push(...page.operations);
    examined += size;
    const { examinedTo } = page;
    if (operations.length === limit || examinedTo === undefined || examined >= maxExamined)
      return { operations, examinedTo, examined };
    after = { ...rest, lastId: examinedTo };
  }
}

function partFor(limit: number): number {
  return Math.max(EXAMINED_AT_LEAST, EXAMINED_PER_LISTED * limit);
}

/** A part of an index in which operations are ordered by id. */
interface Range {
  /** The columns of the index before the id, and their values. */
  equal: Record<string, string>;
  /** What else holds for its operations, in SQL: the condition of the index. */
  where?: string;
  /** The values of columns that the index has after the id: those of other operations are skipped in it, and no row is read. */
  after?: Record<string, string>;
}

const EVERY: Range = { equal: {} };

/**
 * The ranges in which an index finds the operations. Of finished ones, most have succeeded: an entry in an index of states would
 * cost each operation more than it saves a list.
 */
function rangesOf({ appid, state, method, changesOnly }: OperationFilter): Range[] {
  // In the index of a mini-program its changes come before its queries: however many there are, none is read for a change.
  const kinds = changesOnly ? ['true'] : ['true', 'false'];
  if (appid !== undefined) return kinds.map((is_change) => ({ equal: { appid, is_change } }));
  const final = FINAL_STATES.filter((each) => each === (state ?? each));
  const unfinished: Range = {
    equal: {},
    where: 'o.ended_at is null',
    after: { ...(state !== undefined && { state }), ...(method !== undefined && { method }) },
  };
  if (method === undefined) {
    if (state === undefined || state === 'SUCCEEDED') return [EVERY];
    return [
      final.length === 0 ? unfinished : { equal: { state }, where: `o.state in ('FAILED', 'CANCELLED')` },
    ];
  }
  const finished = final.map((each) => ({ equal: { method, state: each }, where: 'o.ended_at is not null' }));
  return final.length === 1 ? finished : [...finished, unfinished];
}

/**
 * The first operations of a range. Rows are compared as a whole: with a comparison per column Postgres would scan all operations
 * by id if it expects many matches.
 */
function firstOf(
  filter: Omit<OperationFilter, 'appid' | 'state' | 'method'>,
  { equal, where = 'true', after = {} }: Range,
  bind: Bind,
): string {
  const columns = [...Object.keys(equal), 'id'].map((column) => `o.${column}`);
  const same = Object.values(equal).map(bind);
  const bound = (id: string) => `(${[...same, bind(id)].join(', ')})`;
  const row = `(${columns.join(', ')})`;
  const { from, to } = idRange(filter);
  const { direction } = orderOf(filter);
  const others = Object.entries(after).map(([column, value]) => `o.${column} = ${bind(value)}`);
  return `select * from operations o
    where ${row} > ${bound(from)} and ${row} < ${bound(to)} and ${[where, ...others].join(' and ')}
      and ${createdAt(filter, bind)}
    order by ${columns.map((column) => `${column} ${direction}`).join(', ')} limit ${bind(filter.limit)}`;
}

/** Both ends are exclusive. */
function idRange({ createdFrom, createdBefore, oldestFirst, lastId }: Omit<OperationFilter, 'limit'>) {
  const idAt = (time: Date, toleranceMs: number) => lowestId(time.getTime() + toleranceMs);
  const from = createdFrom === undefined ? NIL : idAt(createdFrom, -ID_TIME_TOLERANCE_MS);
  const to = createdBefore === undefined ? HIGHEST : idAt(createdBefore, ID_TIME_TOLERANCE_MS);
  if (lastId === undefined) return { from, to };
  return oldestFirst ? { from: lastId > from ? lastId : from, to } : { from, to: lastId < to ? lastId : to };
}

function createdAt({ createdFrom, createdBefore }: Omit<OperationFilter, 'limit'>, bind: Bind): string {
  const from = createdFrom === undefined ? [] : [`o.created_at >= ${bind(createdFrom)}`];
  const before = createdBefore === undefined ? [] : [`o.created_at < ${bind(createdBefore)}`];
  return [...from, ...before].join(' and ') || 'true';
}

/**
 * The operations that match the filter, among the first `size` ones of its ranges. Further indexes by mini-program would cost
 * each accept, claim and settlement more than this costs a list.
 */
async function examine(client: ClientBase, filter: OperationFilter, size: number): Promise<OperationPage> {
  const { state = null, method = null, changesOnly, limit, visible } = filter;
  const { direction, first, upTo } = orderOf(filter);
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const ranges = rangesOf(filter);
  const each = Math.max(1, Math.floor(size / ranges.length));
  const sought = soughtIn(filter, bind);
  const examined = ranges.map(
    (range, i) => `(select id, appid, state, method, is_change, ${sought} as is_sought, ${i} as range
      from (${firstOf({ ...filter, limit: each }, range, bind)}) o)`,
  );
  // Of a range with more rows, nothing is known beyond its last one.
  const ends = ranges.map(
    (_, i) =>
      `(select id from examined where range = ${i} order by id ${direction} offset ${each - 1} limit 1)`,
  );
  const { rows } = await client.query<ExaminedRow>(
    `with examined as materialized (${examined.join(' union all ')}),
    reached as materialized (select ${first}(${ends.join(', ')}) as id)
    select e.id as "examinedTo", ${LISTED}
    from reached e
    left join lateral (
      select * from operations where id = any(array(
        select id from examined
        where state = coalesce(${bind(state)}, state) and method = coalesce(${bind(method)}, method)
          and ${changesOnly ? 'is_change' : 'true'} and is_sought and ${whereVisible('appid', visible, bind)} and coalesce(id ${upTo} (select id from reached), true)
        order by id ${direction} limit ${bind(limit)}))
    ) o on true
    order by o.id ${direction}`,
    values,
  );
  return { ...pageOf(rows), examined: size };
}

/** In SQL: whether an operation is of the person, the version and the rollout that are sought. */
function soughtIn({ onBehalfOf, userVersion, rolloutId }: OperationFilter, bind: Bind): string {
  const is = (value: string, sought: string | undefined) =>
    sought === undefined ? [] : [`${value} is not distinct from ${bind(sought)}`];
  // Only changes name a version: requests of queries are not read.
  const request = withoutNul('request');
  const version = `case when is_change then coalesce(${request} ->> 'userVersion', ${request} ->> 'expectedUserVersion') end`;
  const all = [is('on_behalf_of', onBehalfOf), is('rollout_id::text', rolloutId), is(version, userVersion)];
  return all.flat().join(' and ') || 'true';
}

/** An operation of a page; one without an id if the page is empty. */
export type ExaminedRow = StoredOperation & { examinedTo: string | null; id: string | null };

/** The page of which each row has the end. */
export function pageOf(rows: ExaminedRow[]): Pick<OperationPage, 'operations' | 'examinedTo'> {
  const operations = rows.filter(({ id }) => id !== null).map(({ examinedTo: _, ...operation }) => operation);
  return { operations, examinedTo: rows[0]?.examinedTo ?? undefined };
}
