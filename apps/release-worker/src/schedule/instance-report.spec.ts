import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { InstanceReport } from './instance-report.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

it('InstanceReport does not start unless its first report is stored: gateways would not know of this worker.', async () => {
  const instances = {
    report: () => Promise.reject(new Error('of a test')),
    remove: async () => undefined,
  };
  const report = new InstanceReport({ instances, version: '1', ratePerApi: 0, onFailure: () => undefined });
  await expect(report.start()).rejects.toThrow('of a test');
  await report.stop();
});

it('InstanceReport repeats a failed report after 1 s, and then reports every 10 s.', async () => {
  const startedAt = Date.now();
  const reports: number[] = [];
  const failures: unknown[] = [];
  const instances = {
    report: async () => {
      if (reports.push(Date.now() - startedAt) === 2) throw new Error('of a test');
    },
    remove: async () => undefined,
  };
  const report = new InstanceReport({
    instances,
    version: '1',
    ratePerApi: 0,
    onFailure: (error) => failures.push(error),
  });
  await report.start();
  await jest.advanceTimersByTimeAsync(31_000);
  expect([reports, failures.length]).toEqual([[0, 10_000, 11_000, 21_000, 31_000], 1]);
  await report.stop();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(reports).toHaveLength(5);
});

it('InstanceReport is removed after a report in flight has been stored, and reports no more.', async () => {
  const stored: string[] = [];
  let delayMs = 0;
  const instances = {
    report: () =>
      new Promise<void>((resolve) => {
        setTimeout(() => resolve(void stored.push('report')), delayMs);
      }),
    remove: async () => void stored.push('remove'),
  };
  const report = new InstanceReport({ instances, version: '1', ratePerApi: 0, onFailure: () => undefined });
  void report.start();
  await jest.advanceTimersByTimeAsync(0);
  delayMs = 5_000;
  await jest.advanceTimersByTimeAsync(10_000);
  void report.stop();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(stored).toEqual(['report', 'report', 'remove']);
});
