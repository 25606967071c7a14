import { type CloudEvent, commandEvent, operationOfEvent } from '@wxa/contracts';
import { unlessAborted } from '@wxa/postgres';
import { type Visible, whereVisible } from '@wxa/postgres/lists';
import type { Pool } from 'pg';
import { NIL } from 'uuid';
import { operationColumns, type StoredOperation, shownColumns } from '../stored-operation.js';
import { type ExaminedRow, type OperationPage, pageOf } from './list-operations.js';

/** Operations by id, in no order; unknown ids are omitted. */
export async function findOperations(pool: Pool, ids: string[]): Promise<StoredOperation[]> {
  if (ids.length === 0) return [];
  const { rows } = await pool.query<StoredOperation>({
    name: 'find-operations',
    text: `select ${shownColumns('o')} from operations o where id = any($1::uuid[])`,
    values: [ids],
  });
  return rows;
}

/** Returns one entry per id, in order; undefined for an unknown one. */
export async function findEach(pool: Pool, ids: string[]): Promise<(StoredOperation | undefined)[]> {
  const byId = new Map((await findOperations(pool, ids)).map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id.toLowerCase()));
}

/** The request of each operation as proto3 JSON, in order; undefined for an unknown id. */
export async function findRequests(pool: Pool, ids: string[]): Promise<(string | undefined)[]> {
  const { rows } = await pool.query<{ id: string; request: string }>({
    name: 'find-requests',
    text: 'select id, request::text from operations where id = any($1::uuid[])',
    values: [ids],
  });
  const byId = new Map(rows.map(({ id, request }) => [id, request]));
  return ids.map((id) => byId.get(id.toLowerCase()));
}

type Accepted = Pick<StoredOperation, 'id' | 'appid' | 'method' | 'createdAt' | 'traceparent' | 'tracestate'>;

const ACCEPTED = `
select id, appid, method, created_at as "createdAt", traceparent, tracestate, request from operations
where id = any($1::uuid[])`;

/** The commands of operations by their `ce_id`; those of unknown operations are missing. @param source the `ce_source`. */
export async function findCommands(
  pool: Pool,
  eventIds: string[],
  source: string,
): Promise<Map<string, CloudEvent>> {
  const { rows } = await pool.query<Accepted & { request: unknown }>({
    name: 'find-commands',
    text: ACCEPTED,
    values: [eventIds.map(operationOfEvent)],
  });
  const commands = rows.map((operation) => commandEvent(operation, source));
  return new Map(commands.map((command) => [command.id, command]));
}

/** One page of the unfinished operations that changed at or after an instant, in the order of acceptance. */
export async function listChanged(
  pool: Pool,
  { since, afterId = NIL, limit }: { since: Date; afterId?: string; limit: number },
): Promise<StoredOperation[]> {
  const { rows } = await pool.query<StoredOperation>({
    name: 'list-changed',
    text: `select ${operationColumns('o')} from operations o where ended_at is null and updated_at >= $1
      and id > $2 order by id limit $3`,
    values: [since, afterId, limit],
  });
  return rows;
}

/** Which unfinished operations to list, in the order of acceptance. */
export interface UnfinishedFilter {
  appid?: string;
  /** Only those accepted after this one. */
  afterId?: string;
  /** Only those of mini-programs that the caller may see. */
  visible?: Visible;
  /** How many operations are examined to find those that the caller may see. */
  limit: number;
}

/** `examinedTo`: the next page starts after this id; undefined if there is none. */
export type UnfinishedPage = Pick<OperationPage, 'operations' | 'examinedTo'>;

/**
 * One page of unfinished operations, in the order of acceptance. Rejects with the signal's reason if the signal is aborted
 * before the statement begins.
 */
export async function listUnfinished(
  pool: Pool,
  { appid, afterId = NIL, visible, limit }: UnfinishedFilter,
  signal?: AbortSignal,
): Promise<UnfinishedPage> {
  const values: unknown[] = [appid ?? null, afterId, limit];
  const isVisible = whereVisible('appid', visible, (value) => `$${values.push(value)}`);
  const text = `with examined as materialized (
      select id, appid from operations where ended_at is null and ($1::text is null or appid = $1) and id > $2
      order by id limit $3
    )
    select e.id as "examinedTo", ${operationColumns('o')}
    from (select (select id from examined order by id offset $3 - 1) as id) e
    left join operations o on o.id = any(array(select id from examined where ${isVisible}))
    order by o.id`;
  const { rows } = await unlessAborted(pool, signal, (client) => client.query<ExaminedRow>(text, values));
  return pageOf(rows);
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
    const known = row?.appid === appid;
    return { known, ended: known && row.ended };
  });
}

// The first template is that of a Commit or of a method of the template library.
const TEMPLATES = `
select o.id, coalesce(o.request ->> 'templateId', committed.template) as template
from operations o left join lateral (
  select c.request ->> 'templateId' as template from operations c
  where c.appid = o.appid and c.is_change and c.id < o.id and c.method = 'Commit' and c.state not in ('FAILED', 'CANCELLED')
  order by c.id desc limit 1) committed on true
where o.id = any($1::uuid[])`;

/** The template of each operation: of its request, or of the last Commit of its mini-program before it. */
export async function templatesOf(pool: Pool, ids: string[]): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ id: string; template: string | null }>(TEMPLATES, [ids]);
  return new Map(rows.flatMap(({ id, template }) => (template === null ? [] : [[id, template]])));
}

/** A target takes 9 to 13 operations, and some more for each retry. */
const MAX_OPERATIONS = 200;

const ofTarget = (kind: string) => `(
  select * from operations where appid = $2 and ${kind} and rollout_id = $1 order by id desc limit ${MAX_OPERATIONS})`;

/** The newest 200 operations of a target, oldest first. */
export async function operationsOfTarget(
  pool: Pool,
  rolloutId: string,
  appid: string,
): Promise<StoredOperation[]> {
  const { rows } = await pool.query<StoredOperation>({
    name: 'operations-of-target',
    text: `select ${shownColumns('o')} from (${ofTarget('is_change')} union all ${ofTarget('not is_change')}) o
      order by o.id desc limit ${MAX_OPERATIONS}`,
    values: [rolloutId, appid],
  });
  return rows.reverse();
}
