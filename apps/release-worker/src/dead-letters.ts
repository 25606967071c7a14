import { setTimeout as delay } from 'node:timers/promises';
import { METHODS, readCommand, TOPICS } from '@wxa/contracts';
import {
  type KafkaConnection,
  logDenial,
  type ReceivedRecord,
  readRanges,
  type SerialProducer,
  singleMessage,
} from '@wxa/kafka';
import type { Logger } from '@wxa/service';
import type { Store } from '@wxa/store';
import { READ_GROUPS } from './config.js';
import type { LaneEntry } from './lanes/lane-entry.js';

const RETRY_MS = 1_000;
const READ_MS = 30_000;

/** Kafka did not return a record whose value was dropped. */
export class UnreadRecordError extends Error {}

/** Publishes records that cannot be processed to the dead-letter topic: key, value, headers and the reason. */
export class DeadLetters {
  constructor(
    private readonly connection: KafkaConnection,
    private readonly producer: SerialProducer,
    private readonly onPublished: (reason: string) => void,
    private readonly logger: Logger,
  ) {}

  /**
   * The value of a command, which is read again if it was dropped; null if Kafka has deleted the command. Rejects with an
   * UnreadRecordError if Kafka does not answer.
   */
  async valueOf({ partition, offset, value }: ReceivedRecord): Promise<Buffer | null> {
    if (value !== null) return value;
    const { connection, logger } = this;
    const ranges = singleMessage(partition, BigInt(offset));
    const signal = AbortSignal.timeout(READ_MS);
    const options = { topic: TOPICS.commands, ranges, groupPrefix: READ_GROUPS, signal, logger };
    const values: (Buffer | null)[] = [];
    await readRanges(connection, options, async (_partition, messages) => {
      values.push(...messages.map(({ value: read }) => read));
    }).catch((error: unknown) => {
      throw new UnreadRecordError(
        `record ${offset} of partition ${partition} could not be read again: ${error}`,
      );
    });
    return values[0] ?? null;
  }

  /** Retries until Kafka acknowledges the record, which must not be lost. */
  async publish(record: ReceivedRecord, reason: string): Promise<void> {
    const { key, value, headers, topic, partition, offset } = record;
    const message = {
      key,
      value,
      headers: {
        ...headers,
        'dlq.topic': topic,
        'dlq.partition': String(partition),
        'dlq.offset': offset,
        'dlq.reason': reason,
        'dlq.time': new Date().toISOString(),
      },
    };
    while (record.isCurrent()) {
      try {
        await this.producer.send([{ topic: this.connection.topic(TOPICS.deadLetters), message }]);
        this.onPublished(reason);
        const name = key?.toString('utf8').slice(0, 100) ?? null;
        this.logger.warn({ topic, partition, offset, key: name, reason }, 'dead letter');
        return;
      } catch (error) {
        logDenial(this.logger, error);
        await delay(RETRY_MS);
      }
    }
  }
}

/**
 * Publishes the commands of an operation that Postgres does not have, which proves that it has lost time or retention has deleted the
 * operation. One whose request was accepted again, under another id, needs nothing more: `wxa restore` has merged the two.
 */
export async function deadLetterUnknown(
  {
    operationId: id,
    appid,
    method,
    records,
  }: Pick<LaneEntry, 'operationId' | 'appid' | 'method' | 'records'>,
  { history, operations }: Pick<Store, 'history' | 'operations'>,
  deadLetters: Pick<DeadLetters, 'publish' | 'valueOf'>,
): Promise<void> {
  await history.reportLostOperation({ id, appid, isChange: METHODS[method].kind === 'change' });
  for (const record of records) {
    if (!('value' in record)) continue;
    const value = await deadLetters.valueOf(record);
    const command = readCommand(record.key, value);
    const isRepeated = command.kind === 'command' && (await operations.hasAccepted(appid, command.requestId));
    if (!isRepeated) await deadLetters.publish({ ...record, value }, 'UNKNOWN_OPERATION');
  }
}
