// The program behind `npm run dlq`: reads dead letters and puts them back.
import '@wxa/service/require-node';
import { TOPICS } from '@wxa/contracts';
import { connectKafka, type KafkaConnection, SerialProducer } from '@wxa/kafka';
import { commonSettings, configOrExit } from '@wxa/service';
import { z } from 'zod';
import { ArgumentError, type Order, readOrder, USAGE } from './arguments.js';
import { readLetters } from './letters.js';
import { table, whole } from './print.js';
import { choose, replay } from './replay.js';

/** EX_USAGE and EX_UNAVAILABLE of sysexits.h. */
const EXIT = { fine: 0, notFound: 1, usage: 64, unavailable: 69 };

const order = orderOrExit();
const { KAFKA_BROKERS, KAFKA_TOPIC_PREFIX } = commonSettings;
const config = configOrExit(z.object({ KAFKA_BROKERS, KAFKA_TOPIC_PREFIX }));
const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined };
const connection = connectKafka({
  brokers: config.KAFKA_BROKERS,
  topicPrefix: config.KAFKA_TOPIC_PREFIX,
  clientId: 'wxa-dlq',
  logger: quiet,
});
process.exitCode = await run(order, connection).catch((error: unknown) => {
  console.error(`Kafka: ${error instanceof Error ? error.message : String(error)}`);
  return EXIT.unavailable;
});

function orderOrExit(): Order {
  try {
    return readOrder(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    console.error(`${error.message}\n${USAGE}`);
    process.exit(EXIT.usage);
  }
}

async function run(given: Order, kafka: KafkaConnection): Promise<number> {
  switch (given.command) {
    case 'list':
      return list(given, kafka);
    case 'show':
      return show(given.letter, kafka);
    case 'replay':
      return replayAll(given, kafka);
  }
}

async function list({ reason }: { reason?: string }, kafka: KafkaConnection): Promise<number> {
  const letters = await readLetters(kafka);
  const wanted = letters.filter((letter) => reason === undefined || letter.reason === reason);
  console.log(table(wanted, kafka.topic(TOPICS.commands)));
  return EXIT.fine;
}

async function show(id: string, kafka: KafkaConnection): Promise<number> {
  const letter = (await readLetters(kafka)).find((each) => each.id === id);
  if (letter === undefined) return notFound([id]);
  console.log(whole(letter));
  return EXIT.fine;
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
  return EXIT.fine;
}

function notFound(ids: string[]): number {
  console.error(`no such letter: ${ids.join(', ')}`);
  return EXIT.notFound;
}
