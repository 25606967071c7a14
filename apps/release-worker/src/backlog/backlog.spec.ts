import { setImmediate } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { Method } from '@wxa/contracts';
import type { Owned, ReceivedRecord } from '@wxa/kafka';
import type { Delay, Delayed, FreeRoom, Loaded } from '@wxa/operations/backlog';
import { laneEntry } from '../lanes/lane-entry.js';
import { type LaneStep, Lanes } from '../lanes/lanes.js';
import { Backlog } from './backlog.js';
import { LaneRoom, type RoomLimits } from './room.js';

const LIMITS: RoomLimits = { lane: 4, total: 12, method: 3, rateSeconds: 30 };

type Place = 'method' | 'lane' | 'loaded';

/** The part of Postgres that a backlog uses, for one partition. */
class FakeStore {
  /** In the order of acceptance. */
  waiting: { row: Loaded; backlog: Place }[] = [];
  answer: (one: Delay) => Promise<Delayed> = async () => 'delayed';

  readonly lookUp = async () => ({ known: true, ended: false });
  readonly promoteDue = async () => 0;
  readonly loadedIds = async () => [];
  readonly unload = async () => undefined;

  async delay(one: Delay): Promise<Delayed> {
    const answer = await this.answer(one);
    if (answer !== 'delayed') return answer;
    const { backlog, ...row } = one;
    const known = { api: null, isRetry: false, requestBytes: 2, dueForMs: 0 };
    this.waiting = this.waiting.filter(({ row: { id } }) => id !== one.id);
    this.waiting.push({ row: { ...row, ...known, method: methodOf(one.id) }, backlog });
    this.waiting.sort((left, right) => (left.row.id < right.row.id ? -1 : 1));
    return answer;
  }

  async load(backlog: 'method' | 'lane', rooms: FreeRoom[]): Promise<Loaded[]> {
    const key = backlog === 'method' ? 'method' : 'appid';
    return rooms.flatMap(({ of, count }) => {
      const found = this.of(backlog).filter(({ row }) => row[key] === of);
      return found.slice(0, count).map((one) => {
        one.backlog = 'loaded';
        return one.row;
      });
    });
  }

  async unloadAll(): Promise<void> {
    for (const one of this.of('loaded')) one.backlog = 'method';
  }

  async lanesWithBacklog(): Promise<string[]> {
    return this.of('lane').map(({ row }) => row.appid);
  }

  of(backlog: Place) {
    return this.waiting.filter((one) => one.backlog === backlog);
  }
}

const methodOf = (id: string): Method => (id.startsWith('r') ? 'Release' : 'Commit');

/** A worker's lanes, whose operations end on request, over a store with its backlog. */
function worker() {
  const store = new FakeStore();
  const running: { id: string; end(step: LaneStep): void }[] = [];
  const done: string[] = [];
  const unknown: string[] = [];
  const lanes = new Lanes();
  let epoch = 0;
  const owned = (partition: number): Owned => {
    const from = epoch;
    return { partition, isCurrent: () => epoch === from, done: () => undefined };
  };
  const backlog = new Backlog({
    store,
    lanes,
    room: new LaneRoom(lanes, () => undefined, LIMITS),
    onUnknown: async ({ operationId }) => void unknown.push(operationId),
    onFailure: () => undefined,
  });
  lanes.start({
    run: ({ operationId: id }) => new Promise((end) => running.push({ id, end })),
    onRemoved: (entry) => backlog.onRemoved(entry),
  });
  backlog.follow({ assigned: [0], owned, inFlightBytes: 0 });
  const receive = (appid: string, ...commands: string[]) => {
    for (const id of commands) {
      const record = {
        ...owned(0),
        value: Buffer.from(''),
        done: () => void done.push(id),
      } as ReceivedRecord;
      backlog.receive(laneEntry(id, appid, methodOf(id), record), record);
    }
  };
  const ids = () => running.map(({ id }) => id);
  const settle = async () => {
    for (let i = 0; i < 5; i++) await setImmediate();
  };
  /** Ends running operations until none is left; returns their order. */
  const drain = async () => {
    const order: string[] = [];
    for (let idle = 0; idle < 3; ) {
      const batch = running.splice(0);
      idle = batch.length === 0 ? idle + 1 : 0;
      for (const { id, end } of batch) {
        order.push(id);
        store.waiting = store.waiting.filter(({ row }) => row.id !== id);
        end({ kind: 'done' });
      }
      backlog.wakeUp();
      await settle();
    }
    return order;
  };
  const reassign = () => {
    epoch += 1;
    lanes.dropUnclaimed();
    for (const { end } of running.splice(0)) end({ kind: 'again', afterMs: 0 });
    backlog.onAssigned();
  };
  return { store, lanes, backlog, receive, ids, done, unknown, settle, drain, reassign };
}

/** The first `count` ids of one kind. */
const idsOf = (kind: 'c' | 'r', count: number) =>
  Array.from({ length: count }, (_, i) => `${kind}${String(i).padStart(2, '0')}`);

it('Lanes of a method beyond its room are delayed in Postgres, and their records completed.', async () => {
  const made = worker();
  const ids = idsOf('c', 10);
  for (const id of ids) made.receive(`lane of ${id}`, id);
  await made.settle();
  expect([made.ids(), made.store.of('method').length]).toEqual([ids.slice(0, 3), 7]);
  expect(made.done).toEqual(ids.slice(3));
  made.receive('other', 'r0');
  expect(made.ids()).toContain('r0');
  expect((await made.drain()).filter((id) => id !== 'r0')).toEqual(ids);
});

it('A lane longer than its room runs in order.', async () => {
  const made = worker();
  const ids = idsOf('c', 20);
  made.receive('long', ...ids);
  await made.settle();
  expect([made.lanes.size, made.store.of('lane').length]).toEqual([4, 16]);
  expect(await made.drain()).toEqual(ids);
});

it('Operations are not loaded and written back repeatedly while memory is full.', async () => {
  const made = worker();
  const ids = idsOf('r', 7);
  made.receive('a', ...idsOf('c', 4));
  made.receive('b', ...ids.slice(0, 4));
  made.receive('c', 'r10', 'r11', 'r12', 'r13');
  expect(made.lanes.size).toBe(12);
  let writes = 0;
  made.store.answer = async () => {
    writes += 1;
    return 'delayed';
  };
  made.receive('b', ...ids.slice(4));
  for (let i = 0; i < 5; i++) {
    made.backlog.wakeUp();
    await made.settle();
  }
  expect([writes, made.store.of('lane').length, made.lanes.size]).toEqual([3, 3, 12]);
  expect((await made.drain()).filter((id) => ids.includes(id))).toEqual(ids);
});

it.each([
  [undefined, 400],
  [10, 300],
  [0.1, 100],
])(
  'The room for lanes of a method with %p calls per second is %i: 30 s of them, and at least 100.',
  (rate, count) => {
    const lanes = { size: 0, lengthOf: () => 0, headsOf: () => 0 };
    const [free] = new LaneRoom(lanes, () => rate, { ...LIMITS, method: 400 }).ofMethods();
    expect(free?.count).toBe(count);
  },
);

it('Operations that a previous owner had in memory are loaded after a rebalance.', async () => {
  const made = worker();
  const ids = idsOf('c', 6);
  for (const id of ids) made.receive(`lane of ${id}`, id);
  await made.settle();
  for (const one of made.store.waiting) one.backlog = 'loaded';
  made.reassign();
  await made.settle();
  // Kafka redelivers those whose records were not completed.
  expect([made.lanes.size, made.store.of('loaded').length]).toEqual([3, 3]);
  expect(await made.drain()).toEqual(ids.slice(3));
});

it('Lanes with operations left in Postgres by a previous owner are loaded after a rebalance.', async () => {
  const made = worker();
  for (const id of ['c1', 'c2']) await made.store.delay({ id, appid: 'long', partition: 0, backlog: 'lane' });
  made.backlog.onAssigned();
  await made.settle();
  expect(await made.drain()).toEqual(['c1', 'c2']);
});

it('A command whose operation is unknown is dead-lettered.', async () => {
  const made = worker();
  made.store.answer = async ({ id }) => (id === 'c9' ? 'unknown' : 'delayed');
  for (const id of ['c0', 'c1', 'c2', 'c9']) made.receive(`lane of ${id}`, id);
  await made.settle();
  expect([made.unknown, made.done]).toEqual([['c9'], ['c9']]);
});

it('A record is not completed before Postgres has stored the delay of its operation.', async () => {
  const made = worker();
  let fails = true;
  made.store.answer = async () => {
    if (fails) throw new Error('Postgres is unavailable');
    return 'delayed';
  };
  for (const id of idsOf('c', 4)) made.receive(`lane of ${id}`, id);
  await made.settle();
  expect(made.done).toEqual([]);
  fails = false;
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  expect(made.done).toEqual(['c03']);
});

it('A large record value is dropped as soon as its operation is known to exist.', async () => {
  const made = worker();
  const dropped: string[] = [];
  const large = {
    ...{ partition: 0, value: Buffer.alloc(20_000), isCurrent: () => true, done: () => undefined },
    dropValue: () => void dropped.push('c1'),
  } as unknown as ReceivedRecord;
  made.backlog.receive(laneEntry('c1', 'a', 'Commit', large), large);
  await made.settle();
  expect(dropped).toEqual(['c1']);
});
