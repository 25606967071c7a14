import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { OutageLog } from './outage-log.js';

let lines: object[];
let outages: OutageLog;

beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  const write = (level: string) => (fields: object, message: string) =>
    lines.push({ level, message, ...fields });
  const logger = { warn: write('warn'), info: write('info') };
  outages = new OutageLog(logger, { failing: 'it fails', ended: 'it works again' });
});
afterEach(() => {
  jest.useRealTimers();
});

it('An outage of 150 s with a failure per second is logged at its start, twice later, and at its end', () => {
  const since = new Date();
  for (let second = 0; second <= 150; second += 1) {
    outages.failed(new Error('down'), { server: 'a' });
    jest.advanceTimersByTime(1000);
  }
  outages.worked({ server: 'b' });
  const fails = { level: 'warn', message: 'it fails', error: 'Error: down', server: 'a' };
  expect(lines).toEqual([
    { ...fails, since, failures: 1 },
    { ...fails, since, failures: 61 },
    { ...fails, since, failures: 121 },
    { level: 'info', message: 'it works again', server: 'b', since, failures: 151 },
  ]);
});

it('Nothing is logged while it works, and the next outage is logged at its start', () => {
  outages.worked();
  outages.failed('down');
  outages.worked();
  outages.worked();
  outages.failed('down');
  expect(lines.map((line) => Object(line).level)).toEqual(['warn', 'info', 'warn']);
});
