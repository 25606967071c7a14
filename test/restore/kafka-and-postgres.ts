import { randomUUID } from 'node:crypto';
import { type CloudEvent, commandEvent, TOPICS, toKafkaMessage } from '@wxa/contracts';
import { operationId } from '@wxa/operations';
import { createDatabase, dropDatabase } from '@wxa/stack';
import kafkajs, { type Admin, type Producer } from 'kafkajs';
import pg from 'pg';
import { createTopics } from '../create-topics.js';
import { type WxaResult, wxa } from '../wxa.js';

/** A message as `toKafkaMessage` makes it, perhaps changed. */
export type Message = ReturnType<typeof toKafkaMessage> & { partition?: number; timestamp?: string };

/** Topics and a database without any app, for `wxa restore`. */
export class KafkaAndPostgres {
  private constructor(
    readonly prefix: string,
    private readonly name: string,
    readonly url: string,
    private readonly pool: pg.Pool,
    readonly admin: Admin,
    private readonly producer: Producer,
  ) {}

  static async create(partitions: number): Promise<KafkaAndPostgres> {
    const id = randomUUID().slice(0, 8);
    const url = await createDatabase(process.env.TEST_POSTGRES_URL ?? '', `restore_${id}`, 'wxa_template');
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    pool.on('error', () => undefined);
    const kafka = new kafkajs.Kafka({ brokers: BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
    const [admin, producer] = [kafka.admin(), kafka.producer()];
    await Promise.all([admin.connect(), producer.connect()]);
    const made = new KafkaAndPostgres(`r${id}.`, `restore_${id}`, url, pool, admin, producer);
    await createTopics(
      admin,
      Object.values(TOPICS).map((name) => ({ topic: made.prefix + name, numPartitions: partitions })),
    );
    return made;
  }

  async sql<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.pool.query<T>(text, values)).rows;
  }

  /** Runs a command of `wxa` on them. */
  wxa(...args: string[]): Promise<WxaResult> {
    return wxa(args, { DATABASE_URL: this.url, KAFKA_BROKERS: BROKERS, KAFKA_TOPIC_PREFIX: this.prefix });
  }

  async produce(topic: CloudEvent['topic'], messages: Message[]): Promise<void> {
    await this.producer.send({ topic: this.prefix + topic, messages });
  }

  async close(): Promise<void> {
    await Promise.all([this.admin.disconnect(), this.producer.disconnect(), this.pool.end()]);
    await dropDatabase(process.env.TEST_POSTGRES_URL ?? '', this.name);
  }
}

const BROKERS = process.env.TEST_KAFKA_BROKERS ?? '';

/** An operation that only Kafka knows, unless it is stored. */
export interface Lost {
  id: string;
  appid: string;
  method: string;
  createdAt: Date;
  traceparent: string;
  request: { appid: string; requestId: string };
}

let at = 0;

/** An operation; each is accepted a millisecond after the last. */
export function lost(appid: string, method: string, requestId: string = randomUUID()): Lost {
  at = Math.max(at + 1, Date.now());
  const createdAt = new Date(at);
  const id = operationId(createdAt);
  return { id, appid, method, createdAt, traceparent: TRACE, request: { appid, requestId } };
}

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** The command of an operation. */
export const command = (operation: Lost): Message =>
  toKafkaMessage(commandEvent(operation, 'gateway'), 'test');

/** An outcome of an operation. @param fields of its Operation message. */
export function outcome(
  { id, appid, method, traceparent }: Lost,
  type: 'OperationCompleted' | 'OperationInDoubt',
  fields: { state: string; endTime?: Date; claim?: number; attempts?: number },
): Message {
  const { state, claim, ...rest } = fields;
  const operation = { id, appid, method, state: `OPERATION_STATE_${state}`, ...rest };
  const event: CloudEvent = {
    ...{ topic: TOPICS.outcomes, type: `wxa.code.v1.${type}`, source: 'release-worker', appid, traceparent },
    id: claim === undefined ? `${id}.completed` : `${id}.in-doubt.${claim}`,
    time: new Date(),
    value: JSON.stringify({ operation }),
  };
  return toKafkaMessage(event, 'test');
}
