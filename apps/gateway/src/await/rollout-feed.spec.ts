import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { ChangedVersion, WatchedRollout } from '@wxa/rollouts/calls';
import { SlowClient } from './fixtures/slow-client.js';
import { RolloutFeed } from './rollout-feed.js';

const versionOf = (version: number) =>
  ({ id: 'one', version: String(version), state: 'RUNNING' }) as WatchedRollout;

let version = 1;
/** Whether Postgres has the rollout. */
let isThere = true;
let client: SlowClient;
let shown: string[];
let error: unknown;
let feed: RolloutFeed;

function watch(): void {
  const failed = (thrown: unknown) => {
    error = thrown;
  };
  const messages = feed.watch(versionOf(1), (rollout) => rollout.version, client);
  messages.subscribe({ next: (each) => shown.push(each), error: failed });
}

beforeEach(() => {
  jest.useFakeTimers();
  version = 1;
  isThere = true;
  client = new SlowClient();
  shown = [];
  error = undefined;
  const changed = () => Promise.resolve<ChangedVersion[]>([['one', isThere ? versionOf(version) : null]]);
  feed = new RolloutFeed({ rollouts: { changed } }, { warn: () => undefined });
  watch();
  client.writableNeedDrain = true;
});
afterEach(() => void jest.useRealTimers());

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const failedWith = (reason: string) => expect(error).toMatchObject({ facts: { reason } });

it('A client that leaves a version unread for 30 s is disconnected with WATCHER_TOO_SLOW', async () => {
  version = 2;
  await pass(29_500);
  expect(error).toBeUndefined();
  await pass(1_000);
  failedWith('WATCHER_TOO_SLOW');
  expect(shown).toEqual(['1']);
  expect(client.listenerCount('drain')).toBe(0);
});

it('A client that reads again within 30 s gets the latest version only', async () => {
  for (; version < 8; version += 1) await pass(1_000);
  await pass(1_000);
  client.drain();
  expect(shown).toEqual(['1', '8']);
  client.writableNeedDrain = true;
  await pass(40_000);
  expect(error).toBeUndefined();
});

it('A stream shows at most four versions a second, the last one among them', async () => {
  client.drain();
  for (; version < 100; version += 1) await pass(10);
  await pass(1_000);
  expect(shown.length).toBeLessThanOrEqual(1 + 4);
  expect(shown.at(-1)).toBe('100');
});

it('A stream shows the lower version that a rollout has after Postgres was restored', async () => {
  client.drain();
  version = 9;
  await pass(1_000);
  version = 4;
  await pass(1_000);
  expect(shown).toEqual(['1', '9', '4']);
});

it('A stream ends with ROLLOUT_NOT_FOUND if Postgres has lost its rollout', async () => {
  isThere = false;
  await pass(1_000);
  failedWith('ROLLOUT_NOT_FOUND');
  expect(feed.watchers).toBe(0);
});

it('A stream of a rollout that is opened after all were ended fails with STOPPING', async () => {
  feed.endAll();
  failedWith('STOPPING');
  error = undefined;
  watch();
  failedWith('STOPPING');
  expect(feed.watchers).toBe(0);
});
