import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { timesOf } from '../usage/processes.js';

/** What one process holds now, and the most it ever held. */
export interface Memory {
  residentMiB: number;
  peakMiB: number;
}

/** The memory of a process, as Linux tells it. */
export async function memoryOf(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (field: string) =>
    Math.round(Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024);
  return { residentMiB: mebibytes('VmRSS'), peakMiB: mebibytes('VmHWM') };
}

/** The share of one core that each process uses over so many seconds, in percent. */
export async function cpuPercent(pids: number[], seconds: number): Promise<number[]> {
  const before = await cpuSeconds(pids);
  const begun = performance.now();
  await delay(seconds * 1000);
  const after = await cpuSeconds(pids);
  const tookSeconds = (performance.now() - begun) / 1000;
  return after.map((spent, i) => round((100 * (spent - (before[i] ?? 0))) / tookSeconds));
}

async function cpuSeconds(pids: number[]): Promise<number[]> {
  return (await Promise.all(pids.map(timesOf))).map(({ own }) => own);
}

const round = (value: number) => Number(value.toFixed(2));
