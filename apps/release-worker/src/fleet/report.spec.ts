import { afterAll, expect, it } from '@jest/globals';
import { register } from '@prometheus-io/client';
import type { FleetCounts } from '@wxa/fleet';
import { FleetReport } from './report.js';

const READY: FleetCounts = {
  ...{ total: 2, notLive: 2, drifted: 0 },
  ...{ versions: [], templates: [], waits: [], labels: [] },
};

let report: FleetReport;
afterAll(() => report.lost());

async function notReadyOf(counts: FleetCounts): Promise<string[]> {
  report = new FleetReport({ count: async () => counts, oldestRead: async () => undefined });
  await report.measure();
  const name = 'wxa_mini_programs_not_ready{';
  return (await register.metrics()).split('\n').filter((line) => line.startsWith(name));
}

it('Mini-programs that are not ready are counted by item and party, and without any the gauge has no sample', async () => {
  const waits = [
    { wait: 'FILING:OWNER', count: 2 },
    { wait: 'EXT_VALUES:PLATFORM', count: 1 },
  ];
  expect(await notReadyOf({ ...READY, waits })).toEqual([
    'wxa_mini_programs_not_ready{item="filing",acts="owner"} 2',
    'wxa_mini_programs_not_ready{item="ext_values",acts="platform"} 1',
  ]);
  expect(await notReadyOf(READY)).toEqual([]);
});
