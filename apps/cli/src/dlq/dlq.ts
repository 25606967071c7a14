import { TOPICS } from '@wxa/contracts';
import { connectKafka, type KafkaConnection, SerialProducer } from '@wxa/kafka';
import { commonSettings, configOrExit } from '@wxa/service';
import { z } from 'zod';
import { EXIT, fail } from '../exit-codes.js';
import { ArgumentError, type Order, readOrder, USAGE } from './arguments.js';
import { readLetters } from './letters.js';
import { table, whole } from './print.js';
import { choose, replay } from './replay.js';

/** `wxa dlq`: lists dead-lettered commands, shows one, or publishes them again. */
export async function run(args: string[]): Promise<number> {
  const order = orderOrExit(args);
  const connection = connect();
  return execute(order, connection).catch((error: unknown) => {
    console.error(`Kafka: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT.unavailable;
  });
}

function orderOrExit(args: string[]): Order {
  try {
    return readOrder(args);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return fail(`${error.message}\n${USAGE}`, EXIT.usage);
  }
}

function connect(): KafkaConnection {
  const { KAFKA_BROKERS, KAFKA_TOPIC_PREFIX } = commonSettings;
  const config = configOrExit(z.object({ KAFKA_BROKERS, KAFKA_TOPIC_PREFIX }));
  const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined };
  return connectKafka({
    brokers: config.KAFKA_BROKERS,
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    clientId: 'wxa-dlq',
    logger: quiet,
  });
}

async function execute(order: Order, kafka: KafkaConnection): Promise<number> {
  switch (order.command) {
    case 'list':
      return list(order, kafka);
    case 'show':
      return show(order.letter, kafka);
    case 'replay':
      return replayAll(order, kafka);
  }
}

async function list({ reason }: { reason?: string }, kafka: KafkaConnection): Promise<number> {
  const letters = await readLetters(kafka);
  const wanted = letters.filter((letter) => reason === undefined || letter.reason === reason);
  console.log(table(wanted, kafka.topic(TOPICS.commands)));
  return EXIT.ok;
}

async function show(id: string, kafka: KafkaConnection): Promise<number> {
  const letter = (await readLetters(kafka)).find((each) => each.id === id);
  if (letter === undefined) return notFound([id]);
  console.log(whole(letter));
  return EXIT.ok;
}

async function replayAll(
  { which, again }: Extract<Order, { command: 'replay' }>,
  kafka: KafkaConnection,
): Promise<number> {
  const { chosen, missing } = choose(await readLetters(kafka), which);
  if (missing.length > 0) return notFound(missing);
  const due = chosen.filter((letter) => again || !letter.replayed);
  const producer = new SerialProducer(kafka);
  try {
    for (const letter of due) {
      await replay(kafka, producer, letter);
      console.log(`replayed ${letter.id}`);
    }
  } finally {
    await producer.disconnect();
  }
  console.log(`${due.length} replayed, ${chosen.length - due.length} left alone: replayed before`);
  return EXIT.ok;
}

function notFound(ids: string[]): number {
  console.error(`no such letter: ${ids.join(', ')}`);
  return EXIT.notFound;
}
