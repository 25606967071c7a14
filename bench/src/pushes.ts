// Pushes of WeChat's, each about the open audit of another mini-program: 2,000 a second with Kafka and while its broker
// is stopped, then as fast as they go. Exits with 1 where one that was answered `success` is lost, or 1 % take over
// 1 s while Kafka is away. The figures are kept in bench/results/pushes.json.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS } from '@wxa/contracts';
import { freePort, startKafka, startStack, stopOnSignal } from '@wxa/stack';
import pg from 'pg';
import { sqlOf } from './bounds/sql.js';
import { round } from './numbers.js';
import { PushClient, type Pushed } from './pushes/push-client.js';
import { AGREED, openAudits } from './pushes/sealed-pushes.js';
import { eventsOn } from './pushes/told.js';
import { keep, machine } from './run.js';
import { memoryOf } from './usage/processes.js';

const PER_SECOND = 2_000;
const SECONDS = 8;
const WARM_UP = 8_000;
const FLAT_OUT = 12_000;
const CONNECTIONS = 100;
const OUTBOX_EMPTY_MS = 60_000;

const tell = (line: string) => console.error(line);
const aborted = new AbortController();
const { signal } = aborted;
const dataDir = await mkdtemp(join(tmpdir(), 'wxa-bench-kafka-'));
const port = await freePort();
let stopAll = async (): Promise<void> => undefined;
stopOnSignal(async () => {
  aborted.abort();
  await stopAll();
});

tell('starting PostgreSQL, Kafka, simulator, gateway and one worker …');
let kafka = await startKafka({ dataDir, port, signal });
stopAll = () => kafka.stop();
const env = { ...AGREED, LOG_LEVEL: 'warn' };
const stack = await startStack({ env, kafkaBrokers: kafka.brokers, signal });
stopAll = async () => {
  await stack.stop();
  await kafka.stop();
  await rm(dataDir, { recursive: true, force: true });
};
const database = new pg.Pool({ connectionString: stack.addresses.postgres, max: 1 });
// The server ends before this connection is closed, where the run is aborted.
database.on('error', () => undefined);
const sql = sqlOf(database);

const each = PER_SECOND * SECONDS;
const pushes = await openAudits(sql, WARM_UP + 2 * each + FLAT_OUT);
const client = await PushClient.connect(stack.addresses.http, CONNECTIONS);
const next = (count: number) => pushes.splice(0, count);

tell('warming up …');
const warm = await client.flatOut(next(WARM_UP));
// The relay would otherwise still be busy with what the warm-up left.
await outboxEmpty();
tell(`${PER_SECOND} a second for ${SECONDS} s …`);
const withKafka = await client.atRate(next(each), PER_SECOND);
tell('the same while the broker is stopped …');
await kafka.stop();
const withoutKafka = await client.atRate(next(each), PER_SECOND);
const waiting = await count('outbox');
kafka = await startKafka({ dataDir, port, signal });
await outboxEmpty();
tell('as fast as they go …');
const flatOut = await client.flatOut(next(FLAT_OUT));
await outboxEmpty();
const successes = [warm, withKafka, withoutKafka, flatOut].flatMap((pushed) => pushed.successes);
const events = await eventsOn(kafka.brokers, TOPICS.audits, successes.length);
const result = {
  at: new Date().toISOString(),
  machine: machine(),
  connections: CONNECTIONS,
  withKafka: figures(withKafka),
  kafkaStopped: { ...figures(withoutKafka), eventsWaitingAfterwards: waiting },
  flatOut: figures(flatOut),
  answeredSuccess: successes.length,
  lost: successes.filter((id) => !events.has(`${id}.audit-completed`)).length,
  publishedTwice: [...events.values()].filter((times) => times > 1).length,
  transactions: await transactions(),
  gatewayPeakMiB: (await memoryOf(stack.gateway.pid)).peakMiB,
};
client.close();
await database.end();
await stopAll();
await keep('pushes', result);
console.log(JSON.stringify(result));
process.exit(result.lost === 0 && result.kafkaStopped.p99Ms <= 1_000 ? 0 : 1);

function figures({ tookMs, successes, seconds }: Pushed) {
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN, 1);
  return {
    pushes: tookMs.length,
    success: successes.length,
    perSecond: Math.round(successes.length / seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    mostMs: round(sorted.at(-1) ?? Number.NaN, 1),
  };
}

async function count(table: 'outbox'): Promise<number> {
  const [row] = await sql<{ n: number }>(`select count(*)::int as n from ${table}`);
  return row?.n ?? Number.NaN;
}

/** In how many transactions the pushes were kept. */
async function transactions(): Promise<number> {
  const [row] = await sql<{ n: number }>('select count(distinct xmin::text)::int as n from audit_pushes');
  return row?.n ?? Number.NaN;
}

async function outboxEmpty(): Promise<void> {
  const until = performance.now() + OUTBOX_EMPTY_MS;
  while ((await count('outbox')) > 0 && performance.now() < until) await delay(200);
}
