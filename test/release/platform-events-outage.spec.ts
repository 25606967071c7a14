import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Kafka, startKafka } from '@wxa/stack';
import { outOfOrder } from '../adoption/published-events.js';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { type SeenMessage, World } from '../world.js';

/** A Kafka of its own, which the test stops and starts again at the same address. */
let folder: string;
let kafka: Kafka;
let world: World;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxa-code-events-'));
  kafka = await startKafka({ dataDir: folder });
  world = await World.start({ gateways: 2, restart: true, kafkaBrokers: kafka.brokers });
}, 90_000);
afterAll(async () => {
  await world?.stop();
  await kafka?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const LOAD = { rate: 60, seconds: 15 };
const OUTAGE_S = 5;
const NAMES = ['text', 'image', 'user_enter_tempsession', 'wxa_privacy_apply', 'shop_order'];
const idOf = ({ json }: SeenMessage) => (json.fields as Record<string, string>).Id ?? '';
/** Waits until the load has gone on for so long. */
async function afterMore(seconds: number): Promise<void> {
  const { sent } = await world.sim.load();
  await eventually(async () => (await world.sim.load()).sent > sent + seconds * LOAD.rate, 120_000);
}

it('Of the callbacks that were answered with success while Kafka was away and a gateway was killed, none is missing, none has two ids, and each mini-program keeps its order', async () => {
  const appids = Array.from({ length: 20 }, newAppid);
  await world.sim.startLoad({ ...LOAD, names: NAMES, appids, retryMs: 500 });
  await afterMore(1);
  const port = Number(kafka.brokers.split(':')[1]);
  await kafka.stop();
  const appid = newAppid();
  const operation = await world.change('Commit', { appid, templateId: 1n, userVersion: '1.0' });
  await afterMore(1);
  world.stack.gateways[0]?.kill('SIGKILL');
  await afterMore(OUTAGE_S);
  kafka = await startKafka({ dataDir: folder, port });
  expect(await world.wait(operation.id, 60)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  const isEnded = async () => {
    const { isRunning, open } = await world.sim.load();
    return !isRunning && open === 0;
  };
  await eventually(isEnded, 120_000);
  const answered = (await world.sim.loadResults()).filter(({ isAccepted }) => isAccepted);
  expect(answered.length).toBeGreaterThan(LOAD.rate * 5);
  const published = () => world.messages('PlatformEvent');
  const missing = () => {
    const found = new Set(published().map(idOf));
    return answered.filter(({ id }) => !found.has(id));
  };
  await eventually(() => missing().length === 0, 60_000);
  const ids = new Map<string, Set<string>>();
  const places = new Map<string, number>();
  for (const message of published()) {
    const known = ids.get(idOf(message)) ?? new Set();
    ids.set(idOf(message), known.add(message.id));
    if (!places.has(idOf(message))) places.set(idOf(message), places.size);
  }
  expect([...ids.values()].filter(({ size }) => size > 1)).toEqual([]);
  expect(outOfOrder(answered, ({ id }) => places.get(id))).toEqual([]);
}, 300_000);
