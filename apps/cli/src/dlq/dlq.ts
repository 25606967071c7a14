import { TOPICS } from '@wxa/contracts';
import { type KafkaConnection, SerialProducer } from '@wxa/kafka';
import { recordedTransaction } from '@wxa/postgres/trail';
import { readConfig } from '@wxa/service/settings';
import { databaseCommand, withPool } from '../database.js';
import { EXIT, exitWith, UsageError } from '../exit-codes.js';
import { connect } from '../kafka/connect.js';
import { print } from '../output/print.js';
import { recording } from '../recording.js';
import { readDeadLetters } from './dead-letters.js';
import { deadLetterTable, details, documentOf } from './print.js';
import { type DeadLetterSelection, replay, selectDeadLetters } from './replay.js';

const ID = /^\d{1,9}:\d{1,19}$/;

/** `wxa dlq list`: lists dead-lettered messages. */
export async function listDeadLetters({
  reason,
  json,
}: {
  reason?: string;
  json?: boolean;
}): Promise<number> {
  if (reason === '') throw new UsageError('--reason needs a reason');
  return withKafka(async (kafka) => {
    const deadLetters = await readDeadLetters(kafka);
    const wanted = deadLetters.filter((deadLetter) => reason === undefined || deadLetter.reason === reason);
    print(
      json,
      { deadLetters: wanted.map(documentOf) },
      deadLetterTable(wanted, kafka.topic(TOPICS.commands)),
    );
    return EXIT.ok;
  });
}

/** `wxa dlq show`: prints one. */
export async function showDeadLetter(text: string, { json }: { json?: boolean }): Promise<number> {
  const id = idOf(text);
  return withKafka(async (kafka) => {
    const deadLetter = (await readDeadLetters(kafka)).find((each) => each.id === id);
    if (deadLetter === undefined) return notFound([id]);
    print(json, documentOf(deadLetter), details(deadLetter));
    return EXIT.ok;
  });
}

/** `wxa dlq replay`: publishes some again. */
export async function replayAll(
  ids: string[],
  { again = false, json, ...values }: { reason?: string; all?: boolean; again?: boolean; json?: boolean },
): Promise<number> {
  const selection = selectionOf(ids.map(idOf), values);
  readConfig(databaseCommand, process.env);
  return withKafka(async (kafka) => {
    const { selected, missing } = selectDeadLetters(await readDeadLetters(kafka), selection);
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
  });
}

function withKafka(use: (kafka: KafkaConnection) => Promise<number>): Promise<number> {
  return use(connect('dlq')).catch((error: unknown) => {
    console.error(`Kafka: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT.unavailable;
  });
}

function idOf(text: string): string {
  if (ID.test(text)) return text.split(':').map(BigInt).join(':');
  throw new UsageError(`not PARTITION:OFFSET, as in 3:17: ${text}`);
}

function selectionOf(
  ids: string[],
  { reason, all }: { reason?: string; all?: boolean },
): DeadLetterSelection {
  if ([ids.length > 0, Boolean(reason), all === true].filter(Boolean).length !== 1)
    throw new UsageError('replay takes one of: PARTITION:OFFSET..., --reason REASON, --all');
  if (ids.length > 0) return { ids };
  return reason ? { reason } : { all: true };
}

/** Records the replay before the first message is sent. Exits if Postgres is unavailable. @param positions as partition:offset. */
async function record(positions: string[]): Promise<void> {
  await withPool('dlq', (pool) =>
    recordedTransaction(pool, recording(), (_, write) =>
      write({ action: 'dead_letters.replayed', detail: { positions } }),
    ),
  ).catch((error: unknown) => exitWith(`Postgres: ${String(error)}`, EXIT.unavailable));
}

function notFound(ids: string[]): number {
  console.error(`no such message on the dead-letter topic: ${ids.join(', ')}`);
  return EXIT.notFound;
}
