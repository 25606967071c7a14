import { type CloudEvent, type EventName, eventType } from '@wxa/contracts';
import { columns } from '@wxa/postgres';
import type { ClientBase } from 'pg';
import { NIL_UUID, pages } from '../session/each-page.js';

/** A message of Kafka, as it is staged while a restore runs. */
export interface StagedEvent extends Omit<CloudEvent, 'source' | 'subject' | 'tracestate'> {
  partition: number;
  offset: string;
  /** The nil UUID in events of rollouts, whose id `appid` has. */
  operationId: string;
}

export const STAGED = columns<StagedEvent>({
  topic: 'text',
  partition: 'int',
  offset: ['bigint', 'at_offset'],
  id: ['text', 'ce_id'],
  type: 'text',
  appid: 'text',
  operationId: 'uuid',
  time: 'timestamptz',
  traceparent: 'text',
  value: 'text',
});

const STAGE = `
insert into restore_events (${STAGED.names}) select ${STAGED.from('i')} from ${STAGED.rows('i', 1)} on conflict do nothing`;

/** Stages messages. */
export async function stageEvents(client: ClientBase, events: StagedEvent[]): Promise<void> {
  await client.query({ name: 'stage-events', text: STAGE, values: STAGED.values(events) });
}

/** Operations per transaction. */
export const BATCH = 500;
/** Size of the values of a page; it has at least one. */
const MAX_PAGE_BYTES = 32 * 1024 ** 2;

/** A page of staged messages, as many as fit. @param page a select of whole rows in the order `order`. */
const fitting = (page: string, order: string) => `
select ${STAGED.select('measured')} from (
  select page.*, row_number() over line as place, sum(octet_length(value)) over line as bytes from (${page}) page
  window line as (order by ${order})) measured
where place = 1 or bytes <= ${MAX_PAGE_BYTES} order by ${order}`;

/**
 * Reads a topic in the order of its partitions. All messages of a mini-program are in one partition, in the order in which their
 * changes of state were committed.
 * @param filter of the messages `e`.
 */
export const stagedOn = (topic: CloudEvent['topic'], filter = '') =>
  pages<StagedEvent>(
    fitting(
      `select * from restore_events e where topic = $1 and (partition, at_offset) > ($2, $3) ${filter}
       order by partition, at_offset limit ${BATCH}`,
      'partition, at_offset',
    ),
    (last) => [topic, last?.partition ?? -1, last?.offset ?? '-1'],
  );

/**
 * The offset of the first command of an operation, because the relay can publish it again later; null if none is staged.
 * @param id an expression.
 */
export const firstCommandOf = (id: string) => `(
  select min(c.at_offset) from restore_events c where c.operation_id = ${id} and c.type = 'wxa.code.v1.CodeCommand')`;

const LAST_OF_TYPE = fitting(
  `select distinct on (operation_id) * from restore_events where type = $1 and operation_id > $2
   order by operation_id, at_offset desc limit ${BATCH}`,
  'operation_id',
);

/** Reads the last message of each operation that is of this type, by operation id. */
export const lastStaged = (name: EventName) =>
  pages<StagedEvent>(LAST_OF_TYPE, (last) => [eventType(name), last?.operationId ?? NIL_UUID]);
