import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort, type Kafka, type Postgres, startKafka, startPostgres } from '@wxa/stack';
import type { LoadResult } from '@wxa/wechat-sim';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { useFolder } from '../use-folder.js';
import { commit as accepted, useWorld, world } from '../use-world.js';
import { percentile, show, spread } from './figures.js';
import { Nginx } from './nginx.js';
import { numberOf, outOfOrder, PublishedEvents } from './published-events.js';

const LOAD = byLength({
  short: { rate: 300, seconds: 60, programs: 200 },
  long: { rate: Number(process.env.EVENTS_PER_SECOND ?? 1_000), seconds: 1_200, programs: 2_000 },
});
/** In seconds of the load. */
const PLAN = byLength({
  short: { kills: [15, 30], outage: { from: 20, to: 40 }, restarts: [] as number[] },
  long: {
    kills: Array.from({ length: 39 }, (_, i) => 30 * (i + 1)),
    outage: { from: 135, to: 735 },
    restarts: [75, 1_005],
  },
});
const NONE = Number.POSITIVE_INFINITY;
const LIMITS = byLength({
  short: { answerMs: NONE, drainMs: NONE, lateMs: NONE },
  long: { answerMs: 500, drainMs: 600_000, lateMs: 1_000 },
});
const NAMES = [
  ...['text', 'image', 'miniprogrampage', 'user_enter_tempsession', 'shop_order', 'wxa_privacy_apply'],
  ...Array.from({ length: 14 }, (_, i) => `event_${i}`),
];
/** What is not judged after a kill, a restart of Postgres or the return of Kafka, whose groups wait for lost members for 10 s. */
const SHADOW_MS = 15_000;
/** An outage of Kafka before the load, so long that all clients rest as long between their tries as in any longer one. */
const BEFORE = { outageS: byLength({ short: 12, long: 60 }), operations: 20 };

let postgres: Postgres;
let kafka: Kafka;
let proxyPort: number;
let nginx: Nginx | undefined;
useWorld(async () => {
  postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
  kafka = await startKafka({ dataDir: join(folder, 'kafka') });
  proxyPort = await freePort();
  return {
    ...{ gateways: 2, restart: true, follow: false },
    ...{ postgresUrl: postgres.url, kafkaBrokers: kafka.brokers },
    env: { SIM_CALLBACK_URL: `http://127.0.0.1:${proxyPort}/wechat/callback/$APPID$` },
  };
});
beforeAll(async () => {
  nginx = await Nginx.start(folder, proxyPort, proxyOf(world.stack.addresses.gateways));
});
afterAll(() => Promise.all([nginx?.stop(), kafka?.stop(), postgres?.stop()]));
const folder = useFolder();

/** Each callback goes to the gateway that answers the fewest now, and to the other one if that accepts no connection. */
function proxyOf(gateways: readonly { http: string }[]): string {
  const servers = gateways.map(({ http }) => `server ${new URL(http).host} fail_timeout=1s;`);
  return `upstream gateways { least_conn; ${servers.join(' ')} keepalive 256; }
  server {
    listen 127.0.0.1:${proxyPort} backlog=4096;
    location / { proxy_pass http://gateways; proxy_http_version 1.1; proxy_set_header Connection ''; }
  }`;
}

/** When gateways were killed, Postgres was stopped, and Kafka was stopped and back. */
const at = { kills: [] as number[], restarts: [] as number[], outages: [] as { from: number; to: number }[] };

function plan(): { atS: number; act(): Promise<void> }[] {
  const kills = PLAN.kills.map((atS, i) => ({ atS, act: async () => kill(i) }));
  const restarts = PLAN.restarts.map((atS) => ({ atS, act: restartPostgres }));
  const outage = { atS: PLAN.outage.from, act: stopKafka };
  const end = { atS: PLAN.outage.to, act: startKafkaAgain };
  return [...kills, ...restarts, outage, end].toSorted((a, b) => a.atS - b.atS);
}

function kill(turn: number): void {
  const { gateways } = world.stack;
  const gateway = gateways[turn % gateways.length];
  // The one before may still be starting.
  if (gateway?.running) gateway.kill('SIGKILL');
  at.kills.push(Date.now());
}

async function restartPostgres(): Promise<void> {
  at.restarts.push(Date.now());
  const { port } = postgres;
  await postgres.stop();
  postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port });
}

async function stopKafka(): Promise<void> {
  at.outages.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
  await kafka.stop();
}

async function startKafkaAgain(): Promise<void> {
  const port = Number(kafka.brokers.split(':')[1]);
  kafka = await startKafka({ dataDir: join(folder, 'kafka'), port });
  Object.assign(at.outages.at(-1) ?? {}, { to: Date.now() });
}

/** Accepts a change of a mini-program of its own. Without Postgres it is not accepted. */
const commit = () => accepted().catch(() => undefined);

/** Accepts changes twice a second, until the returned function is called. */
function accept(): () => Promise<void> {
  let isOver = false;
  const accepting = (async () => {
    while (!isOver) await Promise.all([commit(), delay(500)]);
  })();
  return () => {
    isOver = true;
    return accepting;
  };
}

/** In milliseconds: how long after their acceptance operations began, and how long after the return of Kafka those that waited for it. */
interface Delays {
  usual: number[];
  afterOutage: number[];
}

/** Of the operations before the load and of those beside it. */
async function delaysOfOperations(loadFrom: number): Promise<Record<'before' | 'beside', Delays>> {
  const rows = await world.sql<{ asked: string; began: string }>(
    `select extract(epoch from created_at) * 1000 as asked, extract(epoch from started_at) * 1000 as began
     from operations`,
  );
  const none = (): Delays => ({ usual: [], afterOutage: [] });
  const delays = { before: none(), beside: none() };
  for (const row of rows) {
    const [asked, began] = [Number(row.asked), Number(row.began)];
    const own = delays[asked < loadFrom ? 'before' : 'beside'];
    const outage = at.outages.find(({ from, to }) => asked > from && asked < to);
    const faults = [...at.kills, ...at.restarts, ...at.outages.flatMap(({ from, to }) => [from, to])];
    if (outage !== undefined) own.afterOutage.push(began - outage.to);
    else if (!faults.some((fault) => began > fault && asked < fault + SHADOW_MS))
      own.usual.push(began - asked);
  }
  return delays;
}

/** What operations wait for without events: usually, and after an outage of Kafka. */
async function acceptWithoutEvents(): Promise<void> {
  for (let i = 0; i < BEFORE.operations; i += 1) await world.wait((await commit())?.id ?? '');
  const endAccepting = accept();
  await stopKafka();
  await delay(BEFORE.outageS * 1_000);
  await startKafkaAgain();
  await endAccepting();
  await eventually(async () => expect(await world.sql(UNFINISHED)).toEqual([]));
}
const UNFINISHED = `select id from operations where state <> 'SUCCEEDED' limit 10`;

it(
  'Of the callbacks that were answered with success none is missing on the topic and none has two ids, each mini-program keeps its order, and operations do not wait for events, while gateways are killed, Kafka is away and Postgres restarts',
  async () => {
    await acceptWithoutEvents();
    const published = new PublishedEvents(kafka.brokers, world.prefix);
    await published.start();
    const appids = Array.from({ length: LOAD.programs }, newAppid);
    const { rate, seconds } = LOAD;
    const loadFrom = Date.now();
    await world.sim.startLoad({ rate, seconds, names: NAMES, appids });
    const endAccepting = accept();
    const due = async (atS: number) => (await world.sim.load()).sent >= atS * LOAD.rate;
    for (const { atS, act } of plan()) {
      await eventually(() => due(atS), LOAD.seconds * 2_000);
      await act();
    }
    await eventually(async () => {
      const { isRunning, open } = await world.sim.load();
      return !isRunning && open === 0;
    }, LOAD.seconds * 2_000);
    await endAccepting();
    const results = await world.sim.loadResults();
    const answered = results.filter(({ isAccepted }) => isAccepted);
    expect(answered.length).toBeGreaterThan(5 * LOAD.rate);
    // Of a million, so each is looked for until it is there, and not again.
    let read = 0;
    const isRead = () => {
      while (answered[read] !== undefined && published.has(answered[read] as LoadResult)) read += 1;
      return read === answered.length;
    };
    await eventually(isRead, 900_000).catch(() => undefined);
    expect(answered.filter((callback) => !published.has(callback)).slice(0, 10)).toEqual([]);
    expect([...published.withTwoIds]).toEqual([]);
    expect(outOfOrder(answered, (one) => published.places[numberOf(one)]).slice(0, 10)).toEqual([]);
    await eventually(async () => expect(await world.sql(UNFINISHED)).toEqual([]), 120_000);
    await published.stop();
    show('callbacks', `${results.length} sent, ${answered.length} answered with success`);
    const answerMs = answersOf(answered);
    const drainMs = drainOf(answered, published);
    const lateMs = await latenessOf(loadFrom);
    expect(answerMs).toBeLessThan(LIMITS.answerMs);
    expect(drainMs).toBeLessThan(LIMITS.drainMs);
    expect(lateMs).toBeLessThan(LIMITS.lateMs);
  },
  byLength({ short: 600_000, long: 3_600_000 }),
);

/** The 99th percentile of the answers, without those around a restart of Postgres. */
function answersOf(answered: LoadResult[]): number {
  const isJudged = ({ lastAt, endedAt }: LoadResult) =>
    !at.restarts.some((restart) => endedAt > restart && lastAt < restart + SHADOW_MS);
  const ms = answered.filter(isJudged).map(({ lastAt, endedAt }) => endedAt - lastAt);
  show('answer', spread(ms));
  return percentile(ms, 0.99);
}

/** How long after the return of Kafka the last event of those that waited for it was read. */
function drainOf(answered: LoadResult[], { readAt }: PublishedEvents): number {
  const back = at.outages.at(-1)?.to ?? 0;
  const waited = answered.filter(({ endedAt }) => endedAt < back);
  const ms = waited.reduce((last, one) => Math.max(last, readAt[numberOf(one)] ?? 0), 0) - back;
  show('events waited until after the return of Kafka, in seconds', ms / 1_000);
  return ms;
}

/** How much later than without events the last operation began: usually, or after an outage of Kafka, whichever is more. */
async function latenessOf(loadFrom: number): Promise<number> {
  const { before, beside } = await delaysOfOperations(loadFrom);
  const late = (['usual', 'afterOutage'] as const).map((which) => {
    show(`start of an operation without events, ${which}`, spread(before[which]));
    show(`start of an operation beside events, ${which}`, spread(beside[which]));
    return percentile(beside[which], 1) - percentile(before[which], 1);
  });
  return Math.max(...late);
}
