import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { byLength } from '../length.js';
import { largeData } from './large-data.js';
import { type Cost, costOf, LIMITS, median } from './measured.js';
import { tabs, useTabs, world } from './use-tabs.js';

// The long form measures times too, on a machine that does nothing else.
const DATA = byLength({
  short: { operations: 50_000, rollouts: 1, targets: 100_000 },
  long: { operations: 1_000_000, rollouts: 10, targets: 100_000 },
});
const MEASURED = byLength({ short: 1, long: 20 });
const MS = byLength({ short: undefined, long: { server: 80, load: 250 } });

const PATHS: Record<string, (rollout: string) => string> = {
  operations: () => '/operations',
  'failed operations': () => '/operations?state=FAILED',
  doubts: () => '/doubts',
  lanes: () => '/lanes',
  rollouts: () => '/rollouts',
  rollout: (id) => `/rollouts/${id}`,
  targets: (id) => `/rollouts/${id}/targets`,
  'failed targets': (id) => `/rollouts/${id}/targets?state=FAILED`,
  overview: () => '/',
};

// Without a worker nothing changes what SQL wrote.
useTabs({ workers: 0 });
let tab: Page;
let rollout: string;
beforeAll(
  async () => {
    [rollout = ''] = await largeData(world, DATA);
  },
  byLength({ short: 120_000, long: 1_200_000 }),
);
beforeEach(async () => {
  tab = await tabs.open();
});

it.each(Object.entries(PATHS))(
  'The page %s is small and fast with large tables',
  async (name, pathOf) => {
    const path = pathOf(rollout);
    const times: { server: number; load: number }[] = [];
    let cost: Cost | undefined;
    for (let i = 0; i < MEASURED; i++) {
      const startedAt = performance.now();
      const response = await tab.request.get(path);
      const html = await response.text();
      const server = performance.now() - startedAt;
      expect(response.status()).toBe(200);
      await tab.goto(path);
      const load = await tab.evaluate<number>(`performance.getEntriesByType('navigation')[0].duration`);
      times.push({ server, load });
      cost = await costOf(tab, html);
    }
    const p50 = {
      server: median(times.map(({ server }) => server)),
      load: median(times.map(({ load }) => load)),
    };
    process.stderr.write(`${name}: ${JSON.stringify({ ...cost, ...p50 })}\n`);
    expect(cost?.bytes).toBeLessThanOrEqual(LIMITS.bytes);
    expect(cost?.nodes).toBeLessThanOrEqual(LIMITS.nodes);
    if (MS === undefined) return;
    expect(p50.server).toBeLessThanOrEqual(MS.server);
    expect(p50.load).toBeLessThanOrEqual(MS.load);
  },
  60_000,
);
