import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { InstanceReport } from './instance-report.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A report of an instance, and its failures and removals. @param report stores a report. */
function reporting(report: () => Promise<void>) {
  const events: string[] = [];
  const instances = { report, remove: async () => void events.push('removed') };
  const onFailure = () => events.push('failed');
  return { events, made: new InstanceReport({ instances, version: '1', ratePerApi: 0, onFailure }) };
}

it('InstanceReport does not start unless its first report is stored: gateways would not know of this worker.', async () => {
  const { made } = reporting(() => Promise.reject(new Error('of a test')));
  await expect(made.start()).rejects.toThrow('of a test');
  await made.stop();
});

it('InstanceReport repeats a failed report after 1 s, then reports every 10 s, and no more once it is stopped.', async () => {
  const startedAt = Date.now();
  const reports: number[] = [];
  const { made, events } = reporting(async () => {
    if (reports.push(Date.now() - startedAt) === 2) throw new Error('of a test');
  });
  await made.start();
  await jest.advanceTimersByTimeAsync(31_000);
  await made.stop();
  await jest.advanceTimersByTimeAsync(60_000);
  expect([reports, events]).toEqual([
    [0, 10_000, 11_000, 21_000, 31_000],
    ['failed', 'removed'],
  ]);
});

it('InstanceReport is removed after a report in flight has been stored, and reports no more.', async () => {
  let delayMs = 0;
  const { made, events } = reporting(async () => {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    events.push('reported');
  });
  void made.start();
  await jest.advanceTimersByTimeAsync(0);
  delayMs = 5_000;
  await jest.advanceTimersByTimeAsync(10_000);
  void made.stop();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(events).toEqual(['reported', 'reported', 'removed']);
});
