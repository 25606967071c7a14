import { beforeAll, expect, it } from '@jest/globals';
import { ApiUser } from '../console/api-user.js';
import { byLength } from '../length.js';
import { useWorld, world } from '../use-world.js';
import { largeData } from './large-data.js';

// The long form measures times too, on a machine that does nothing else.
const DATA = byLength({
  short: { operations: 50_000, rollouts: 1, targets: 100_000 },
  long: { operations: 1_000_000, rollouts: 10, targets: 100_000 },
});
const MEASURED = byLength({ short: 1, long: 20 });
const MAX_MS = byLength({ short: Number.POSITIVE_INFINITY, long: 80 });
const MAX_BYTES = 60 * 1024;
const pageSize = 50;

/** What pages read first. */
const READS: Record<string, (rollout: string) => object> = {
  'Operations/ListLanes': () => ({ pageSize }),
  'Operations/ListOperations': () => ({ pageSize }),
  'Rollouts/ListRollouts': () => ({ pageSize }),
  'Rollouts/GetRollout': (id) => ({ id }),
  'Rollouts/ListRolloutTargets': (id) => ({ id, pageSize }),
  'Rollouts/ListRolloutChanges': (id) => ({ id, pageSize }),
};

// Without a worker nothing changes what SQL wrote.
useWorld({ withConsole: true, workers: 0 });
let user: ApiUser;
let rollout: string;
beforeAll(
  async () => {
    [rollout = ''] = await largeData(world, DATA);
    user = await ApiUser.in(world.stack);
  },
  byLength({ short: 120_000, long: 1_200_000 }),
);

it.each(Object.entries(READS))('%s is small and fast with large tables', async (rpc, requestOf) => {
  const times: number[] = [];
  for (let i = 0; i < MEASURED; i++) {
    const startedAt = performance.now();
    const { status, json } = await user.call(rpc, requestOf(rollout));
    times.push(performance.now() - startedAt);
    expect([status, Buffer.byteLength(JSON.stringify(json)) <= MAX_BYTES]).toEqual([200, true]);
  }
  const median = times.toSorted((a, b) => a - b)[Math.floor(MEASURED / 2)];
  process.stderr.write(`${rpc}: ${median} ms\n`);
  expect(median).toBeLessThanOrEqual(MAX_MS);
});
