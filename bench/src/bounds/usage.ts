import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

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

/** Linux counts the time of a process in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** The share of one core that each process uses over so many seconds, in percent. */
export async function cpuPercent(pids: number[], seconds: number): Promise<number[]> {
  const before = await Promise.all(pids.map(cpuSeconds));
  const begun = performance.now();
  await delay(seconds * 1000);
  const after = await Promise.all(pids.map(cpuSeconds));
  const tookSeconds = (performance.now() - begun) / 1000;
  return after.map((spent, i) => round((100 * (spent - (before[i] ?? 0))) / tookSeconds));
}

async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in brackets and may have blanks; user and system time come 12th and 13th after.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

const round = (value: number) => Number(value.toFixed(2));
