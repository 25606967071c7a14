import { TOPICS } from '@wxa/contracts';
import type { KafkaConnection, SerialProducer } from '@wxa/kafka';
import type { IHeaders } from 'kafkajs';
import { type DeadLetter, REPLAYED } from './dead-letters.js';

/** The messages to replay. */
export type DeadLetterSelection = { ids: string[] } | { reason: string } | { all: true };

/** The selected messages, and the ids for which there is no message. */
export function selectDeadLetters(
  deadLetters: DeadLetter[],
  selection: DeadLetterSelection,
): { selected: DeadLetter[]; missing: string[] } {
  if ('all' in selection) return { selected: deadLetters, missing: [] };
  if ('reason' in selection)
    return { selected: deadLetters.filter(({ reason }) => reason === selection.reason), missing: [] };
  const wanted = new Set(selection.ids);
  const selected = deadLetters.filter(({ id }) => wanted.has(id));
  const found = new Set(selected.map(({ id }) => id));
  return { selected, missing: [...wanted].filter((id) => !found.has(id)) };
}

/**
 * Publishes a message to the commands topic with its key, value and original headers, then a marker to the dead-letter
 * topic. If the process ends in between, the next replay publishes the message again: a duplicate command runs once.
 */
export async function replay(
  connection: KafkaConnection,
  producer: SerialProducer,
  deadLetter: DeadLetter,
): Promise<void> {
  const { id, partition, key, value, headers } = deadLetter;
  await producer.send([
    { topic: connection.topic(TOPICS.commands), message: { key, value, headers: originalHeaders(headers) } },
  ]);
  const marker = { key: null, value: null, partition, headers: { [REPLAYED]: id } };
  await producer.send([{ topic: connection.topic(TOPICS.deadLetters), message: marker }]);
}

function originalHeaders(headers: IHeaders): IHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('dlq.')));
}
