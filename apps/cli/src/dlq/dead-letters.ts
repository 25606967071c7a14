import { TOPICS } from '@wxa/contracts';
import { type KafkaConnection, wholeTopic } from '@wxa/kafka';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import { readTopic } from '../kafka/read-topic.js';

/** Header of a marker on the dead-letter topic: the id of the message that was replayed. A marker has no key and no value. */
export const REPLAYED = 'dlq.replayed';

/** A dead-lettered message. */
export interface DeadLetter {
  /** Its position on the dead-letter topic: `partition:offset`. */
  id: string;
  partition: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: IHeaders;
  reason: string;
  time: string;
  /** Its original position on the commands topic: `partition:offset`. */
  from: string;
  replayed: boolean;
}

/** Reads the whole dead-letter topic up to its current end, oldest message first. */
export async function readDeadLetters(connection: KafkaConnection): Promise<DeadLetter[]> {
  const messages = await readAll(connection);
  const replayed = new Set(messages.map(({ message }) => header(message, REPLAYED)));
  return messages
    .filter(({ message }) => message.headers?.[REPLAYED] === undefined)
    .map(({ partition, message }) => toDeadLetter(partition, message, replayed))
    .sort((a, b) => a.time.localeCompare(b.time));
}

interface PartitionMessage {
  partition: number;
  message: KafkaMessage;
}

async function readAll(connection: KafkaConnection): Promise<PartitionMessage[]> {
  const found: PartitionMessage[] = [];
  await readTopic(connection, TOPICS.deadLetters, wholeTopic, async (partition, messages) => {
    found.push(...messages.map((message) => ({ partition, message })));
  });
  return found;
}

function toDeadLetter(partition: number, message: KafkaMessage, replayed: Set<string>): DeadLetter {
  const id = `${partition}:${message.offset}`;
  return {
    id,
    partition,
    key: message.key,
    value: message.value,
    headers: message.headers ?? {},
    reason: header(message, 'dlq.reason'),
    time: header(message, 'dlq.time'),
    from: `${header(message, 'dlq.partition')}:${header(message, 'dlq.offset')}`,
    replayed: replayed.has(id),
  };
}

function header({ headers }: Pick<KafkaMessage, 'headers'>, name: string): string {
  return String(headers?.[name] ?? '');
}
