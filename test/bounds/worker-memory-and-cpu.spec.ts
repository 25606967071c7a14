import { expect, it } from '@jest/globals';
import { readMetric } from '../metrics/exposition.js';
import { eventually, useWorld, world } from '../use-world.js';
import { type Waiting, writeWaiting } from './write-waiting.js';

/** As deployed: a consumer's memory grows with the number of partitions that it reads. */
const PARTITIONS = '48';
const MOST_MIB = 400;
const LARGE = 200;

useWorld({ env: { KAFKA_TOPIC_PARTITIONS: PARTITIONS }, follow: false });

const gauge = async (series: string) =>
  Number(await readMetric(world.stack.addresses.workers[0] ?? '', series));
const inFlight = () => gauge('wxa_kafka_inflight_records{topic="commands"}');

const residentMiB = async () => (await gauge('process_resident_memory_bytes')) / 1024 ** 2;

/** The number of records in flight once it has been stable for a second. */
async function steadilyOpen(): Promise<number> {
  let [open, since] = [0, performance.now()];
  await eventually(async () => {
    const now = await inFlight();
    if (now !== open) [open, since] = [now, performance.now()];
    return open > 0 && performance.now() - since > 1_000;
  });
  return open;
}

/** The share of one core that the worker uses over two seconds, in percent. */
async function cpuPercent(): Promise<number> {
  const begun = performance.now();
  const before = await gauge('process_cpu_seconds_total');
  await eventually(() => performance.now() - begun > 2_000);
  const spent = (await gauge('process_cpu_seconds_total')) - before;
  return (100 * spent) / ((performance.now() - begun) / 1000);
}

async function put(waiting: Waiting): Promise<void> {
  await writeWaiting(world.sql.bind(world), waiting);
  await eventually(async () => (await world.sql('select id from outbox limit 1')).length === 0);
}

// The benchmark measures about 2.5 %; a 1-ms timer or a loop without a wait costs far more.
it('An idle worker uses less than 8 % of a CPU core once it has warmed up', async () => {
  await eventually(async () => (await cpuPercent()) < 8);
});

it(`A worker whose WeChat calls hang reads all 200 commands with 700-KiB requests and stays below ${MOST_MIB} MiB`, async () => {
  const { id } = await world.sim.addFault({ api: '*', kind: 'hang', times: 0 });
  await put({ operations: LARGE, miniPrograms: LARGE, extJsonBytes: 700 * 1024 });
  // The requests, 140 MB in all, stay in Postgres until they are claimed.
  expect(await steadilyOpen()).toBe(LARGE);
  expect(await residentMiB()).toBeLessThan(MOST_MIB);
  await world.sim.clearFaults(id);
  await eventually(async () => (await inFlight()) === 0);
});
