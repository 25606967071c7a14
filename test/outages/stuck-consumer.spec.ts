import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { StuckConsumer } from '@wxa/kafka';
import { freePort, startKafka } from '@wxa/stack';
import type { Consumer } from 'kafkajs';
import { eventually } from '../eventually.js';
import { FETCH, LossyProxy } from '../kafka/lossy-proxy.js';
import { connectionOf, GROUP, TestTopic, TOPIC } from '../kafka/test-topic.js';
import { byLength } from '../length.js';
import { World } from '../world.js';

/** The long form has the worker's limits, and adds a worker. */
const TIMES = byLength({
  short: { limits: { stuckMs: 2000, askMs: 400 }, withinMs: 60_000, outageMs: 4000 },
  long: { limits: { stuckMs: 120_000, askMs: 10_000 }, withinMs: 150_000, outageMs: 600_000 },
});
const LIMIT_MS = 300_000 + TIMES.withinMs + 2 * TIMES.outageMs;

let proxy: LossyProxy;
let topic: TestTopic;
let stuck: StuckConsumer;
let reader: Consumer;
beforeEach(async () => {
  proxy = await LossyProxy.start();
  topic = await TestTopic.create(1);
});
afterEach(async () => {
  stuck?.stop();
  proxy.fate = () => 'passes';
  proxy.disconnect();
  await topic.close();
  // The consumer gives up after 2 s, but kafkajs still tries.
  await reader?.disconnect();
  await proxy.stop();
});

/** Reads through the proxy, and watches it. */
async function startReading() {
  const connection = connectionOf(topic.prefix, proxy.socketFactory);
  const { consumer, kafkajs } = await topic.read({ connection });
  reader = kafkajs;
  const { lastFetch } = consumer;
  await eventually(() => lastFetch.ageMs < 1000);
  stuck = new StuckConsumer(connection, { topic: TOPIC, group: GROUP, lastFetch }, TIMES.limits);
  stuck.start();
  return { lastFetch };
}

/** The states that a check every 50 ms sees. */
async function statesDuring(ms: number): Promise<Set<boolean>> {
  const states = new Set<boolean>();
  for (const until = Date.now() + ms; Date.now() < until; await delay(50)) states.add(stuck.isStuck);
  return states;
}

/** Each of these takes as long as a worker waits. */
const WORKERS = byLength({
  short: [],
  long: ['A worker whose fetches get no response fails /healthz within 150 s'],
});

for (const title of WORKERS) {
  it(
    title,
    async () => {
      const [port, broker] = [await freePort(), await freePort()];
      const front = await LossyProxy.start(`127.0.0.1:${broker}`, port);
      // Every client reaches the broker through the proxy.
      const properties = { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}` };
      const kafka = await startKafka({ port: broker, further: { ports: {}, properties } });
      const world = await World.start({ kafkaBrokers: `127.0.0.1:${port}`, follow: false });
      const healthz = async () => (await fetch(`${world.stack.addresses.workers[0]}/healthz`)).status;
      expect(await healthz()).toBe(200);
      front.fate = ({ api, way }) => (api === FETCH && way === 'answer' ? 'swallowed' : 'passes');
      await eventually(async () => (await healthz()) === 503, TIMES.withinMs);
      front.fate = () => 'passes';
      front.disconnect();
      await eventually(async () => (await healthz()) === 200);
      await world.stop();
      await Promise.all([kafka.stop(), front.stop()]);
    },
    LIMIT_MS,
  );
}

it(
  'A consumer whose fetches get no response is stuck while Kafka answers on other connections',
  async () => {
    await startReading();
    expect(await statesDuring(TIMES.limits.stuckMs + 1000)).toEqual(new Set([false]));
    proxy.fate = ({ api, way }) => (api === FETCH && way === 'answer' ? 'swallowed' : 'passes');
    await eventually(() => stuck.isStuck, TIMES.withinMs);
  },
  LIMIT_MS,
);

it(
  'A consumer is never stuck while Kafka is unavailable, nor when it is back',
  async () => {
    const { lastFetch } = await startReading();
    proxy.fate = () => 'cut';
    expect(await statesDuring(TIMES.outageMs)).toEqual(new Set([false]));
    expect(lastFetch.ageMs).toBeGreaterThan(TIMES.limits.stuckMs);
    proxy.fate = () => 'passes';
    expect(await statesDuring(TIMES.limits.stuckMs / 2)).toEqual(new Set([false]));
    await eventually(() => lastFetch.ageMs < 1000);
    expect(await statesDuring(TIMES.limits.stuckMs + 1000)).toEqual(new Set([false]));
  },
  LIMIT_MS,
);

it(
  'A consumer is never stuck while Kafka does not respond at all',
  async () => {
    await startReading();
    proxy.fate = ({ way }) => (way === 'answer' ? 'swallowed' : 'passes');
    expect(await statesDuring(TIMES.outageMs)).toEqual(new Set([false]));
  },
  LIMIT_MS,
);
