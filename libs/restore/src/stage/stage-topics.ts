import type { TopicName } from '@wxa/contracts';
import type { KafkaConnection, Ranges } from '@wxa/kafka';
import { isUnavailable } from '@wxa/postgres';
import type { KafkaMessage } from 'kafkajs';
import type { RestoreTools } from '../session/report.js';
import { RestoreRefusedError } from '../session/restore-session.js';
import { RetentionTooShortError, windowSince } from './kafka-window.js';
import { readMessage } from './read-message.js';
import { BATCH, stageEvents } from './staged-events.js';

/** The Kafka that is read. */
export interface RestoreKafka {
  connection: KafkaConnection;
  /** Reads ranges of a topic: the messages of one partition in order, the next ones when `onMessages` has resolved. */
  readTopic(
    connection: KafkaConnection,
    topic: TopicName,
    ranges: Ranges,
    onMessages: (partition: number, messages: KafkaMessage[]) => Promise<void>,
  ): Promise<void>;
}

/** Kafka is unavailable or denies a read. */
export class KafkaError extends Error {}

/** Unreadable messages that are listed; the others are only counted. */
const MAX_UNREADABLE = 1_000;

/**
 * Copies the messages of all topics to Postgres before any operation is changed, and reports those that this version cannot read.
 */
export async function stageTopics(kafka: RestoreKafka, tools: RestoreTools): Promise<void> {
  const { session, report, stagedFrom, onProgress } = tools;
  const windows = await windowSince(kafka.connection, stagedFrom).catch(asKafkaError);
  await session.begin();
  let staged = 0;
  for (const [topic, ranges] of windows) {
    const stage = async (partition: number, messages: KafkaMessage[]) => {
      for (let from = 0; from < messages.length; from += BATCH) {
        const page = messages.slice(from, from + BATCH);
        const read = page.flatMap((message) => readMessage(topic, partition, message) ?? []);
        const events = read.flatMap((each) => ('event' in each ? each.event : []));
        for (const each of read) {
          if ('event' in each) continue;
          report.counts.unreadable += 1;
          if (report.counts.unreadable <= MAX_UNREADABLE) report.left.push(each);
        }
        await session.transaction((client) => stageEvents(client, events));
        staged += events.length;
        onProgress('messages read', staged);
      }
    };
    await kafka.readTopic(kafka.connection, topic, async () => ranges, stage).catch(asKafkaError);
  }
}

function asKafkaError(error: unknown): never {
  if (error instanceof RetentionTooShortError || error instanceof RestoreRefusedError || isUnavailable(error))
    throw error;
  throw new KafkaError(error instanceof Error ? error.message : String(error));
}
