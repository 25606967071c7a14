import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { busyIn, memoryMiB, proportionalKiB, timesIn, treeSeconds } from './processes.js';

describe('the times of a process', () => {
  it('are read behind its name, which may hold blanks and brackets', () => {
    const stat = '7 (a (b) c) S 1 7 7 0 -1 4194304 106 0 0 0 150 25 300 75 20 0 1 0 2271866';
    expect(timesIn(stat)).toEqual({ own: 1.75, ended: 3.75 });
  });

  it('are none where it has ended', () => {
    expect(timesIn('')).toEqual({ own: 0, ended: 0 });
  });

  it('count what children took that have ended', async () => {
    const before = await treeSeconds(process.pid);
    spawnSync(process.execPath, ['-e', 'while (process.cpuUsage().user < 150_000);']);
    expect((await treeSeconds(process.pid)) - before).toBeGreaterThanOrEqual(0.1);
  });
});

describe('the time of the whole machine', () => {
  it('is what its cores did not idle or wait', () => {
    expect(busyIn('cpu  100 20 30 4000 500 6 7 8 0 0\ncpu0 1 2 3\n')).toBe(1.71);
  });
});

describe('the memory of a process', () => {
  it('is its part of what it shares', async () => {
    expect(
      proportionalKiB('1-2 ---p 0 00:00 0 [rollup]\nRss:  4436 kB\nPss:  1188 kB\nPss_Dirty: 645 kB'),
    ).toBe(1188);
    expect(await memoryMiB(process.pid)).toBeGreaterThan(10);
  });
});
