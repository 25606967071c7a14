import { TOPICS } from '@wxa/contracts';
import type { KafkaConnection, SerialProducer } from '@wxa/kafka';
import type { IHeaders } from 'kafkajs';
import type { Which } from './arguments.js';
import { type Letter, REPLAYED } from './letters.js';

/** The letters of an order that exist, and those asked for by name that do not. */
export function choose(letters: Letter[], which: Which): { chosen: Letter[]; missing: string[] } {
  if ('all' in which) return { chosen: letters, missing: [] };
  if ('reason' in which) return { chosen: letters.filter((l) => l.reason === which.reason), missing: [] };
  const asked = new Set(which.letters);
  const chosen = letters.filter(({ id }) => asked.has(id));
  const found = new Set(chosen.map(({ id }) => id));
  return { chosen, missing: [...asked].filter((id) => !found.has(id)) };
}

/**
 * Puts a letter back on the commands topic with its key, value and own headers, and notes that beside the letter.
 * Where this process ends in between, the next replay puts it there again: a command that comes twice runs once.
 */
export async function replay(
  connection: KafkaConnection,
  producer: SerialProducer,
  letter: Letter,
): Promise<void> {
  const { id, partition, key, value, headers } = letter;
  await producer.send([
    { topic: connection.topic(TOPICS.commands), message: { key, value, headers: own(headers) } },
  ]);
  const note = { key: null, value: null, partition, headers: { [REPLAYED]: id } };
  await producer.send([{ topic: connection.topic(TOPICS.deadLetters), message: note }]);
}

function own(headers: IHeaders): IHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('dlq.')));
}
