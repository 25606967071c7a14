import type { CloudEvent } from '@wxa/contracts';
import type { ClientBase } from 'pg';

/** A message of Kafka, as it is staged while a restore runs. */
export interface StagedEvent extends Omit<CloudEvent, 'source'> {
  partition: number;
  offset: string;
  /** The nil UUID in events of rollouts, whose id `appid` has. */
  operationId: string;
}

const STAGE = `
insert into restore_events (topic, partition, at_offset, ce_id, type, appid, operation_id, time, traceparent, value)
select * from unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::timestamptz[],
  $9::text[], $10::text[])
on conflict do nothing`;

/** Stages messages. */
export async function stageEvents(client: ClientBase, events: StagedEvent[]): Promise<void> {
  await client.query({
    name: 'stage-events',
    text: STAGE,
    values: [
      events.map((e) => e.topic),
      events.map((e) => e.partition),
      events.map((e) => e.offset),
      events.map((e) => e.id),
      events.map((e) => e.type),
      events.map((e) => e.appid),
      events.map((e) => e.operationId),
      events.map((e) => e.time),
      events.map((e) => e.traceparent),
      events.map((e) => e.value),
    ],
  });
}

/** Deletes what an earlier restore has staged. */
export async function clearStagedEvents(client: ClientBase): Promise<void> {
  await client.query('delete from restore_events');
}

const MARK = `
insert into restore_events (topic, partition, at_offset, ce_id, type, appid, time, traceparent, value)
values ('', 0, 0, $1, '', '', now(), '', '')`;

/** Marks what is staged from now on as that of one run. */
export async function stageMarker(client: ClientBase, run: string): Promise<void> {
  await client.query(MARK, [run]);
}

/** Whether the marker of a run is still there, and so is what it has staged. */
export async function isStagedBy(client: ClientBase, run: string): Promise<boolean> {
  const { rowCount } = await client.query(`select from restore_events where topic = '' and ce_id = $1`, [
    run,
  ]);
  return rowCount === 1;
}

/** Operations per transaction. */
export const BATCH = 500;
/** Size of the values of a page; it has at least one. */
const MAX_PAGE_BYTES = 32 * 1024 ** 2;

const COLUMNS = `topic, partition, at_offset as "offset", ce_id as id, type, appid, operation_id as "operationId", time,
  traceparent, value`;

/** A page of staged messages, as many as fit. @param page a select of whole rows in the order `order`. */
const fitting = (page: string, order: string) => `
select ${COLUMNS} from (
  select page.*, row_number() over line as place, sum(octet_length(value)) over line as bytes from (${page}) page
  window line as (order by ${order})) measured
where place = 1 or bytes <= ${MAX_PAGE_BYTES} order by ${order}`;

/** A position on a topic; a page begins after it. */
export type Position = Pick<StagedEvent, 'partition' | 'offset'>;

export const BEGINNING: Position = { partition: -1, offset: '-1' };

const BY_POSITION = (filter: string) =>
  fitting(
    `select * from restore_events e where topic = $1 and (partition, at_offset) > ($2, $3) ${filter}
     order by partition, at_offset limit ${BATCH}`,
    'partition, at_offset',
  );

/**
 * The next page of a topic, in the order of its partitions. All messages of a mini-program are in one partition, in the order
 * in which their changes of state were committed.
 */
export async function stagedByPosition(
  client: ClientBase,
  topic: CloudEvent['topic'],
  { partition, offset }: Position,
): Promise<StagedEvent[]> {
  return (await client.query<StagedEvent>(BY_POSITION(''), [topic, partition, offset])).rows;
}

const WITHOUT_OPERATION = BY_POSITION(
  'and not exists (select from operations o where o.id = e.operation_id)',
);

/** The next page of messages whose operation is not in Postgres. */
export async function stagedWithoutOperation(
  client: ClientBase,
  topic: CloudEvent['topic'],
  { partition, offset }: Position,
): Promise<StagedEvent[]> {
  return (await client.query<StagedEvent>(WITHOUT_OPERATION, [topic, partition, offset])).rows;
}

const LAST_OF_TYPE = fitting(
  `select distinct on (operation_id) * from restore_events where type = $1 and operation_id > $2
   order by operation_id, at_offset desc limit ${BATCH}`,
  'operation_id',
);

/** The next page of the last message of each operation that is of this type, by operation id. */
export async function lastStagedOf(
  client: ClientBase,
  type: CloudEvent['type'],
  after: string,
): Promise<StagedEvent[]> {
  return (await client.query<StagedEvent>(LAST_OF_TYPE, [type, after])).rows;
}

/** Operations that are reported at most. */
const MAX_TWO_ENDS = 1_000;

const TWO_ENDS = `
with repeated as (
  select operation_id from restore_events where type = 'wxa.code.v1.OperationCompleted' group by operation_id having count(*) > 1
)
select e.operation_id as id, min(e.appid) as appid from restore_events e join repeated using (operation_id)
where e.type = 'wxa.code.v1.OperationCompleted' group by e.operation_id having count(distinct e.value) > 1
order by e.operation_id limit ${MAX_TWO_ENDS}`;

/** The operations, 1,000 at most, of which OperationCompleted was published with different values. */
export async function withTwoEnds(client: ClientBase): Promise<{ id: string; appid: string }[]> {
  return (await client.query<{ id: string; appid: string }>(TWO_ENDS)).rows;
}

/** The OperationCompleted of an operation, or else its last OperationInDoubt; undefined if it has neither. */
export async function stagedOutcomeOf(
  client: ClientBase,
  operationId: string,
): Promise<StagedEvent | undefined> {
  const { rows } = await client.query<StagedEvent>(
    `select ${COLUMNS} from restore_events
     where operation_id = $1 and type in ('wxa.code.v1.OperationCompleted', 'wxa.code.v1.OperationInDoubt')
     order by type, at_offset desc limit 1`,
    [operationId],
  );
  return rows[0];
}
