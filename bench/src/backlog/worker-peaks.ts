import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '@wxa/stack';
import { memoryMiB } from '../load/meter.js';
import type { Backlog } from './result.js';

const EVERY_MS = 1_000;

/** Peak values of the workers until the signal aborts. */
export async function workerPeaks(stack: Stack, signal: AbortSignal): Promise<Backlog['workerPeaks']> {
  let [inFlightRecords, laneOperations] = [0, 0];
  while (!signal.aborted) {
    for (const address of stack.addresses.workers) {
      const text = await (await fetch(`${address}/metrics`)).text();
      inFlightRecords = Math.max(inFlightRecords, gauge(text, 'wxa_kafka_inflight_records'));
      laneOperations = Math.max(laneOperations, gauge(text, 'wxa_lane_operations'));
    }
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  const peakMiB = await Promise.all(stack.workers.map(({ pid }) => memoryMiB(pid, 'VmHWM')));
  return { peakMiB, inFlightRecords, laneOperations };
}

function gauge(metrics: string, name: string): number {
  return Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN);
}
