import { readFile } from 'node:fs/promises';

/** Linux counts the time of a process in hundredths of a second, whatever its kernel's clock is. */
const TICKS_PER_SECOND = 100;

/** Processor time in seconds, user and system together. */
export interface Times {
  own: number;
  /** Of its children that have ended. */
  ended: number;
}

/** Reads /proc/PID/stat. */
export function timesIn(stat: string): Times {
  // The second field is the program's name in brackets and may have blanks; the times come 12th to 15th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + system) / TICKS_PER_SECOND, ended: (endedUser + endedSystem) / TICKS_PER_SECOND };
}

/** Of a process that has ended meanwhile: none. */
export async function timesOf(pid: number): Promise<Times> {
  return timesIn(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
}

/** What a process and its children took so far, those that have ended included. */
export async function treeSeconds(pid: number): Promise<number> {
  // The parent first: a child that ends in between is missing in one reading, never counted twice.
  const { own, ended } = await timesOf(pid);
  const children = await Promise.all((await childrenOf(pid)).map(timesOf));
  return children.reduce((sum, child) => sum + child.own, own + ended);
}

/** Reads the first line of /proc/stat: what all cores together were busy, and what the host of this machine took. */
export function busyIn(stat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = stat
    .slice(0, stat.indexOf('\n'))
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

export async function busySeconds(): Promise<number> {
  return busyIn(await readFile('/proc/stat', 'utf8'));
}

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

/** The memory of a process; what it shares with others counts for each of them by its part. 0 where it has ended. */
export async function memoryMiB(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return proportionalKiB(rollup) / 1024;
}

/** Reads /proc/PID/smaps_rollup. */
export function proportionalKiB(rollup: string): number {
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
}

export async function childrenOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return children.split(' ').filter(Boolean).map(Number);
}
