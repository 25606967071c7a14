import { EventEmitter } from 'node:events';
import { expect, it } from '@jest/globals';
import { Operation } from '@wxa/contracts';
import type { Logger } from '@wxa/service';
import type { OperationEntity } from '@wxa/store';
import { OperationFeed, type Watcher } from './operation-feed.js';
import { Demand } from './pending-queries.js';
import { watchStream } from './watch-stream.js';

/** A call whose client reads nothing until it drains. */
class Client extends EventEmitter {
  cancelled = false;
  writableNeedDrain = false;

  getDeadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  drain(): void {
    this.writableNeedDrain = false;
    this.emit('drain');
  }
}

const rowOf = (appid: string) =>
  ({
    id: appid,
    appid,
    method: 'Commit',
    state: 'QUEUED',
    createdAt: new Date(),
    updatedAt: new Date(),
    endedAt: null,
    error: null,
    result: null,
  }) as unknown as OperationEntity;

/** The stream of a caller that sees the appids of `seen`, and what its client has read. */
function watched(snapshot: string[], seen: Set<string>) {
  const watchers: Watcher[] = [];
  const feed = {
    add: (watcher: Watcher) => void watchers.push(watcher),
    remove: () => undefined,
    shown: () => undefined,
    readUnfinished: async () => ({ operations: snapshot.map(rowOf), examinedTo: undefined }),
  };
  const client = new Client();
  const read: string[] = [];
  const visible = () => ({ allow: [...seen], deny: [], has: (appid: string) => seen.has(appid) });
  const stream = watchStream(feed as never, { appid: '', caller: '', visible }, client as never);
  stream.subscribe(({ appid }) => {
    read.push(appid);
    client.writableNeedDrain = true;
  });
  return { client, read, watchers };
}

const settled = () => new Promise(setImmediate);

it('A mini-program that the caller may no longer see is left out of the unread changes', async () => {
  const seen = new Set(['a', 'b', 'c']);
  const { client, read, watchers } = watched([], seen);
  await settled();
  for (const appid of ['a', 'b', 'c'])
    watchers[0]?.push({ operation: Operation.fromPartial({ id: appid, appid }), version: 1 });
  seen.delete('b');
  client.drain();
  expect(read).toEqual(['a', 'c']);
});

it('A mini-program that the caller may no longer see is left out of the rest of the first state', async () => {
  const seen = new Set(['a', 'b', 'c']);
  const { client, read } = watched(['a', 'b', 'c'], seen);
  await settled();
  seen.delete('b');
  client.drain();
  await settled();
  expect(read).toEqual(['a', 'c']);
});

it('A stream that is opened after all were ended fails with STOPPING', async () => {
  const feed = new OperationFeed(
    { probe: { onStatus: () => undefined } } as never,
    {} as Logger,
    new Demand(),
  );
  feed.endAll();
  let error: unknown;
  watchStream(feed, { appid: '', caller: '', visible: () => undefined }, new Client() as never).subscribe({
    error: (thrown) => {
      error = thrown;
    },
  });
  expect(error).toMatchObject({ facts: { reason: 'STOPPING' } });
  expect(feed.isWatched).toBe(false);
});
