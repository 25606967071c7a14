import type { TopicName } from '@wxa/contracts';
import { type KafkaConnection, type Ranges, readRanges } from '@wxa/kafka';
import type { KafkaMessage } from 'kafkajs';

/** Longer than a group needs to form and Kafka to answer. */
const IDLE_MS = 60_000;

/**
 * Reads ranges of a topic. Rejects if Kafka is unavailable, denies it or delivers nothing for 60 s.
 * @param onMessages is called with messages of one partition in order; the next ones are read when it resolves.
 */
export async function readTopic(
  connection: KafkaConnection,
  topic: TopicName,
  ranges: Ranges,
  onMessages: (partition: number, messages: KafkaMessage[]) => Promise<void>,
): Promise<void> {
  const idle = new AbortController();
  const abort = () => idle.abort(new Error(`Kafka delivered nothing for ${IDLE_MS / 1000} s`));
  let timer = setTimeout(abort, IDLE_MS);
  const options = {
    ...{ topic, ranges, groupPrefix: 'wxa-cli-', signal: idle.signal },
    logger: { warn: ({ error }: { error: string }) => console.error(error) },
  };
  try {
    await readRanges(connection, options, async (partition, messages) => {
      clearTimeout(timer);
      await onMessages(partition, messages);
      timer = setTimeout(abort, IDLE_MS);
    });
  } finally {
    clearTimeout(timer);
  }
}
