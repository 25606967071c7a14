import { TOPICS } from '@wxa/contracts';
import { type KafkaConnection, SerialProducer } from '@wxa/kafka';
import { poolOf, recordReplay } from '@wxa/postgres';
import { readConfig } from '@wxa/service/settings';
import { databaseCommand, withDatabase } from '../database.js';
import { EXIT, fail } from '../exit-codes.js';
import { connect } from '../kafka/connect.js';
import { print } from '../output/print.js';
import { recording } from '../recording.js';
import { type DlqCommand, parseArguments } from './arguments.js';
import { readDeadLetters } from './dead-letters.js';
import { details, documentOf, table } from './print.js';
import { replay, select } from './replay.js';

/** `wxa dlq`: lists dead-lettered commands, shows one, or publishes them again. */
export async function run(args: string[]): Promise<number> {
  const command = parseArguments(args);
  if (command.command === 'replay') readConfig(databaseCommand, process.env);
  const connection = connect('dlq');
  return execute(command, connection).catch((error: unknown) => {
    console.error(`Kafka: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT.unavailable;
  });
}

async function execute(command: DlqCommand, kafka: KafkaConnection): Promise<number> {
  switch (command.command) {
    case 'list':
      return list(command, kafka);
    case 'show':
      return show(command, kafka);
    case 'replay':
      return replayAll(command, kafka);
  }
}

async function list(
  { reason, json }: { reason?: string; json: boolean },
  kafka: KafkaConnection,
): Promise<number> {
  const deadLetters = await readDeadLetters(kafka);
  const wanted = deadLetters.filter((deadLetter) => reason === undefined || deadLetter.reason === reason);
  print(json, { deadLetters: wanted.map(documentOf) }, table(wanted, kafka.topic(TOPICS.commands)));
  return EXIT.ok;
}

async function show({ id, json }: { id: string; json: boolean }, kafka: KafkaConnection): Promise<number> {
  const deadLetter = (await readDeadLetters(kafka)).find((each) => each.id === id);
  if (deadLetter === undefined) return notFound([id]);
  print(json, documentOf(deadLetter), details(deadLetter));
  return EXIT.ok;
}

async function replayAll(
  { selection, again, json }: Extract<DlqCommand, { command: 'replay' }>,
  kafka: KafkaConnection,
): Promise<number> {
  const { selected, missing } = select(await readDeadLetters(kafka), selection);
  if (missing.length > 0) return notFound(missing);
  const due = selected.filter((deadLetter) => again || !deadLetter.replayed);
  if (due.length > 0) await record(due.map(({ id }) => id));
  const producer = new SerialProducer(kafka);
  try {
    for (const deadLetter of due) {
      await replay(kafka, producer, deadLetter);
      if (!json) console.log(`replayed ${deadLetter.id}`);
    }
  } finally {
    await producer.disconnect();
  }
  const skipped = selected.length - due.length;
  const replayed = due.map(({ id }) => id);
  print(json, { replayed, skipped }, `${due.length} replayed, ${skipped} skipped (already replayed)`);
  return EXIT.ok;
}

/** Records the replay before the first message is sent. Exits if Postgres is unavailable. */
async function record(positions: string[]): Promise<void> {
  await withDatabase(readConfig(databaseCommand, process.env), 'dlq', (dataSource) =>
    recordReplay(poolOf(dataSource), recording(), positions),
  ).catch((error: unknown) => fail(`Postgres: ${String(error)}`, EXIT.unavailable));
}

function notFound(ids: string[]): number {
  console.error(`no such message on the dead-letter topic: ${ids.join(', ')}`);
  return EXIT.notFound;
}
