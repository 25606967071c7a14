import { afterEach, expect, it, jest } from '@jest/globals';
import { Operation, OperationState, toOperation } from '@wxa/contracts';
import type { StoredOperation } from '@wxa/operations';
import type { Logger } from '@wxa/service';
import type { Store } from '@wxa/store';
import { firstValueFrom } from 'rxjs';
import { SlowClient } from './fixtures/slow-client.js';
import { type Change, changeOf } from './known-operations.js';
import { OperationFeed, type Watcher } from './operation-feed.js';
import { Demand } from './pending-queries.js';
import { watchStream } from './watch-stream.js';

const SUCCEEDED = OperationState.OPERATION_STATE_SUCCEEDED;

afterEach(() => void jest.useRealTimers());

const rowOf = (appid: string) =>
  ({
    ...{ id: appid, appid, method: 'Commit', state: 'QUEUED', createdAt: new Date(), updatedAt: new Date() },
    ...{ endedAt: null, error: null, result: null },
  }) as unknown as StoredOperation;

/** The stream of a caller that sees the appids of `seen`, what its client has read, and how it failed. */
function watched(snapshot: string[], seen: Set<string>, untilRead = Promise.resolve()) {
  const watchers: Watcher[] = [];
  const feed = {
    add: (watcher: Watcher) => void watchers.push(watcher),
    remove: () => undefined,
    shown: () => undefined,
    readUnfinished: async () => {
      await untilRead;
      return { operations: snapshot.map(rowOf), examinedTo: undefined };
    },
  };
  const client = new SlowClient();
  const read: string[] = [];
  const visible = () => ({ allow: [...seen], deny: [], has: (appid: string) => seen.has(appid) });
  const stream = watchStream(feed as never, { appid: '', caller: '', visible }, client as never);
  const failures: unknown[] = [];
  stream.subscribe({
    next({ appid }) {
      read.push(appid);
      client.writableNeedDrain = true;
    },
    error: (error) => failures.push(error),
  });
  return { client, read, failures, watchers };
}

const settled = () => new Promise(setImmediate);
const change = (appid: string) => ({ operation: Operation.fromPartial({ id: appid, appid }), version: 1 });
const TOO_SLOW = [{ facts: { reason: 'WATCHER_TOO_SLOW' } }];
/** A feed that reads from a store whose clock is not known. */
const newFeed = () =>
  new OperationFeed({ probe: { onStatus: () => undefined } } as never, {} as Logger, new Demand());

it.each([
  ['the unread changes', [], ['a', 'b', 'c']],
  ['the rest of the first state', ['a', 'b', 'c'], []],
])('A mini-program that the caller may no longer see is left out of %s', async (_, snapshot, changed) => {
  const seen = new Set(['a', 'b', 'c']);
  const { client, read, watchers } = watched(snapshot, seen);
  await settled();
  for (const appid of changed) watchers[0]?.push(change(appid));
  seen.delete('b');
  client.drain();
  await settled();
  expect(read).toEqual(['a', 'c']);
});

it.each([
  [4_999, 20_000],
  [5_001, 1_000],
])('A client that has read nothing for %i ms is disconnected beyond %i unread changes', async (ms, most) => {
  jest.useFakeTimers();
  const { failures, watchers } = watched([], new Set(['a']));
  await jest.advanceTimersByTimeAsync(0);
  const push = () => watchers[0]?.push(change('a'));
  // The first one is read.
  push();
  await jest.advanceTimersByTimeAsync(ms);
  for (let i = 0; i < most; i += 1) push();
  expect(failures).toEqual([]);
  push();
  expect(failures).toMatchObject(TOO_SLOW);
});

it('A client that waits for its first state is not disconnected for the time, but beyond 20000 unread changes', async () => {
  jest.useFakeTimers();
  const { failures, watchers } = watched([], new Set(['a']), new Promise(() => undefined));
  await jest.advanceTimersByTimeAsync(60_000);
  for (let i = 0; i < 20_000; i += 1) watchers[0]?.push(change('a'));
  expect(failures).toEqual([]);
  watchers[0]?.push(change('a'));
  expect(failures).toMatchObject(TOO_SLOW);
});

it('A stream of operations that is opened after all were ended fails with STOPPING', async () => {
  const feed = newFeed();
  feed.endAll();
  const everything = { appid: '', caller: '', visible: () => undefined };
  const first = firstValueFrom(watchStream(feed, everything, new SlowClient() as never));
  await expect(first).rejects.toMatchObject({ facts: { reason: 'STOPPING' } });
  expect(feed.isWatched).toBe(false);
});

it.each([20_000, 0, -20_000])(
  'A feed whose clock is %i ms ahead reads the changes of the last 5 s of Postgres.',
  async (aheadMs) => {
    jest.useFakeTimers();
    const reads: Date[] = [];
    const server = { clockSkewMs: -aheadMs };
    const listChanged = async ({ since }: { since: Date }) => {
      reads.push(since);
      return [];
    };
    const store = {
      probe: { onStatus: (listener: (status: object) => void) => listener({ server }) },
      operations: { listChanged },
    };
    const feed = new OperationFeed(store as never as Store, {} as Logger, new Demand());
    const postgresNow = Date.now() - aheadMs;
    const watcher = { appid: '', sees: () => true, push: () => undefined, end: () => undefined };
    feed.add(watcher);
    await jest.advanceTimersByTimeAsync(400);
    feed.remove(watcher);
    expect(reads.map((since) => since.getTime() - postgresNow)).toEqual([-5_000]);
  },
);

it('A feed pushes an end that Kafka reports unless it is from before its first watcher and of an operation that it did not know as unfinished.', () => {
  jest.useFakeTimers();
  const feed = newFeed();
  const pushed: string[] = [];
  const push = ({ operation }: Change) => void pushed.push(`${operation.id} ${operation.state}`);
  const watcher = { appid: '', sees: () => true, push, end: () => undefined };
  feed.add(watcher);
  feed.shown(changeOf(rowOf('known')), watcher);
  const endedAgo = (id: string, ms: number) =>
    feed.completed({ ...toOperation(rowOf(id)), state: SUCCEEDED, endTime: new Date(Date.now() - ms) });
  endedAgo('again', 6_000);
  endedAgo('known', 6_000);
  endedAgo('new', 4_000);
  feed.remove(watcher);
  expect(pushed).toEqual([`known ${SUCCEEDED}`, `new ${SUCCEEDED}`]);
});
