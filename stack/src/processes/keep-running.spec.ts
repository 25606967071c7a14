import { describe, expect, it } from '@jest/globals';
import { keepRunning, restartPause } from './keep-running.js';

describe('restartPause', () => {
  it('restartPause is 0 after a long run and after the first early exit', () => {
    expect([restartPause(0), restartPause(1)]).toEqual([0, 0]);
  });

  it('restartPause doubles from 0.5 s to 30 s while an app keeps exiting early', () => {
    const pauses = [2, 3, 4, 5, 6, 7, 8, 9, 1000].map(restartPause);
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });
});

it('The line about a process that died names its log', async () => {
  const stopped = new AbortController();
  const exited = Promise.resolve({ code: 1, signal: null });
  const lines: string[] = [];
  const app = {
    name: 'console',
    pid: 7,
    logFile: '/logs/console.log',
    exited,
    start: async () => stopped.abort(),
  };
  await keepRunning(app, { log: (line) => lines.push(line), signal: stopped.signal });
  expect(lines).toEqual(['console (process 7) died: exit 1; restarting; its log is /logs/console.log']);
});
