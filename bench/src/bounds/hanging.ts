import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import pg from 'pg';
import { memoryOf } from '../usage/processes.js';
import { sqlOf } from './sql.js';
import { inOutbox, type Waiting, writeWaiting } from './waiting.js';

const LOOK_EVERY_MS = 250;
const AT_LEAST_MS = 45_000;
/** So long without a new peak is called stable. */
const STABLE_MS = 20_000;
const AT_MOST_MS = 100_000;

/** What became of a worker that cannot get rid of its work. */
export interface Hanging extends Waiting, Gauges {
  peakMiB: number;
  residentMiBAtEnd: number;
  watchedSeconds: number;
}

/** What the worker says itself at the end. */
interface Gauges {
  inLanes: number;
  openRecords: number;
  heapUsedMiB: number;
  heapReservedMiB: number;
  /** Outside of the heap: the records of Kafka and the bodies of requests. */
  buffersMiB: number;
}

/** Puts commits on the topic while no worker runs, has WeChat hang, starts the worker and follows its memory. */
export async function hanging(
  stack: Stack,
  waiting: Waiting,
  tell: (line: string) => void,
): Promise<Hanging> {
  const [worker] = stack.workers;
  const [address] = stack.addresses.workers;
  if (worker === undefined || address === undefined) throw new Error('the stack has no worker');
  await worker.stop();
  await fillTopic(stack, waiting, tell);
  await new SimControl(stack.addresses.wechat).addFault({ api: '*', kind: 'hang', times: 0 });
  await worker.start();
  await worker.waitReady();
  const watchedSeconds = await untilStable(worker.pid, tell);
  const { residentMiB, peakMiB } = await memoryOf(worker.pid);
  const gauges = await gaugesOf(address);
  return { ...waiting, peakMiB, residentMiBAtEnd: residentMiB, ...gauges, watchedSeconds };
}

async function fillTopic(stack: Stack, waiting: Waiting, tell: (line: string) => void): Promise<void> {
  const pool = new pg.Pool({ connectionString: stack.addresses.postgres, max: 1 });
  const sql = sqlOf(pool);
  try {
    await writeWaiting(sql, waiting);
    for (let left = await inOutbox(sql); left > 0; left = await inOutbox(sql)) {
      tell(`  ${waiting.operations - left} of ${waiting.operations} commands are on the topic`);
      await delay(5_000);
    }
  } finally {
    await pool.end();
  }
}

/** Seconds until the peak has not grown for a while. */
async function untilStable(pid: number, tell: (line: string) => void): Promise<number> {
  const begun = performance.now();
  const seconds = () => Math.round((performance.now() - begun) / 1000);
  let peak = 0;
  let peakAt = begun;
  for (let looks = 0; ; looks++) {
    const { residentMiB, peakMiB } = await memoryOf(pid);
    const now = performance.now();
    if (peakMiB > peak) peakAt = now;
    peak = Math.max(peak, peakMiB);
    if (looks % 20 === 0) tell(`  after ${seconds()} s: ${residentMiB} MiB, at most ${peak} MiB`);
    const isStable = now - begun > AT_LEAST_MS && now - peakAt > STABLE_MS;
    if (isStable || now - begun > AT_MOST_MS) return seconds();
    await delay(LOOK_EVERY_MS);
  }
}

async function gaugesOf(address: string): Promise<Gauges> {
  const metrics = await (await fetch(`${address}/metrics`)).text();
  const read = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
  const mebibytes = (name: string) => Math.round(read(name) / 1024 ** 2);
  return {
    inLanes: read('wxa_lane_operations'),
    openRecords: read('wxa_kafka_inflight_records'),
    heapUsedMiB: mebibytes('nodejs_heap_size_used_bytes'),
    heapReservedMiB: mebibytes('nodejs_heap_size_total_bytes'),
    buffersMiB: mebibytes('nodejs_external_memory_bytes'),
  };
}
