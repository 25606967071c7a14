import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Method } from '@wxa/contracts';
import type { Owned, ReceivedRecord } from '@wxa/kafka';
import type { Delay, Delayed, Room as FreeRoom, Loaded } from '@wxa/store';
import { type LaneEntry, laneEntry } from '../lanes/lane-entry.js';
import { type LaneStep, Lanes } from '../lanes/lanes.js';
import { Backlog } from './backlog.js';
import { Room, type RoomLimits } from './room.js';

const LIMITS: RoomLimits = { lane: 4, total: 12, method: 3, rateSeconds: 30 };

/** The part of Postgres that a backlog uses, for one partition. */
class FakeStore {
  /** In the order of acceptance. */
  waiting: { row: Loaded; backlog: 'method' | 'lane' | 'loaded' }[] = [];
  answer: (one: Delay) => Promise<Delayed> = async () => 'delayed';

  readonly lookUp = async () => ({ known: true, ended: false });
  readonly promoteDue = async () => 0;
  readonly loadedIds = async () => [];
  readonly unload = async () => undefined;

  async delay(one: Delay): Promise<Delayed> {
    const answer = await this.answer(one);
    if (answer !== 'delayed') return answer;
    const { backlog, ...row } = one;
    this.waiting = this.waiting.filter((known) => known.row.id !== one.id);
    this.waiting.push({
      row: { ...row, method: methodOf(one.id), isRetry: false, requestBytes: 2, dueForMs: 0 },
      backlog,
    });
    this.waiting.sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
    return answer;
  }

  async load(backlog: 'method' | 'lane', rooms: FreeRoom[]): Promise<Loaded[]> {
    return rooms.flatMap(({ of, count }) => {
      const key = backlog === 'method' ? 'method' : 'appid';
      const found = this.waiting
        .filter((one) => one.backlog === backlog && one.row[key] === of)
        .slice(0, count);
      for (const one of found) one.backlog = 'loaded';
      return found.map(({ row }) => row);
    });
  }

  async unloadAll(): Promise<void> {
    for (const one of this.waiting) if (one.backlog === 'loaded') one.backlog = 'method';
  }

  async lanesWithBacklog(): Promise<string[]> {
    return this.waiting.filter(({ backlog }) => backlog === 'lane').map(({ row }) => row.appid);
  }

  count(backlog: 'method' | 'lane' | 'loaded'): number {
    return this.waiting.filter((one) => one.backlog === backlog).length;
  }
}

const methodOf = (id: string): Method => (id.startsWith('r') ? 'Release' : 'Commit');

/** A worker's lanes, whose operations end on request, over a store with its backlog. */
function worker(perSecond?: number) {
  const store = new FakeStore();
  const running: { id: string; end(step: LaneStep): void }[] = [];
  const done: string[] = [];
  const unknown: string[] = [];
  const lanes: Lanes = new Lanes(
    ({ operationId: id }) => new Promise((end) => running.push({ id, end })),
    (entry) => backlog.onRemoved(entry),
  );
  let epoch = 0;
  const owned = (partition: number): Owned => {
    const from = epoch;
    return { partition, isCurrent: () => epoch === from, done: () => undefined };
  };
  const backlog = new Backlog({
    store,
    lanes,
    room: new Room(lanes, () => perSecond, LIMITS),
    partitions: () => [0],
    owned,
    openBytes: () => 0,
    onUnknown: async ({ operationId }) => void unknown.push(operationId),
    onFailure: () => undefined,
  });
  const receive = (appid: string, id: string) => {
    const record = { ...owned(0), value: Buffer.from(''), done: () => void done.push(id) } as ReceivedRecord;
    const entry: LaneEntry = laneEntry(id, appid, methodOf(id), record);
    backlog.receive(entry, record);
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

describe('Backlog', () => {
  it('Lanes of a method beyond its room are delayed in Postgres, and their records completed.', async () => {
    const made = worker();
    for (let i = 0; i < 10; i++) made.receive(`app${i}`, `c${i}`);
    await made.settle();
    expect(made.ids()).toEqual(['c0', 'c1', 'c2']);
    expect(made.store.count('method')).toBe(7);
    expect(made.done).toEqual(['c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9']);
    made.receive('other', 'r0');
    expect(made.ids()).toContain('r0');
    expect((await made.drain()).filter((id) => id !== 'r0')).toEqual(
      Array.from({ length: 10 }, (_, i) => `c${i}`),
    );
  });

  it('A later operation does not overtake those delayed in Postgres for its method.', async () => {
    const made = worker();
    for (let i = 0; i < 5; i++) made.receive(`app${i}`, `c${i}`);
    made.receive('app9', 'c9');
    await made.settle();
    const order = await made.drain();
    expect(order).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c9']);
  });

  it('A lane longer than its room runs in order.', async () => {
    const made = worker();
    const ids = Array.from({ length: 20 }, (_, i) => `c${String(i).padStart(2, '0')}`);
    for (const id of ids) made.receive('long', id);
    await made.settle();
    expect([made.lanes.size, made.store.count('lane')]).toEqual([4, 16]);
    expect(await made.drain()).toEqual(ids);
  });

  it('Operations are not loaded and written back repeatedly while memory is full.', async () => {
    const made = worker();
    for (let lane = 0; lane < 3; lane++)
      for (let i = 0; i < 4; i++) made.receive(`app${lane}`, `${lane === 0 ? 'c' : 'r'}${lane}${i}`);
    expect(made.lanes.size).toBe(12);
    let writes = 0;
    made.store.answer = async () => {
      writes += 1;
      return 'delayed';
    };
    for (let i = 4; i < 7; i++) made.receive('app1', `r1${i}`);
    for (let i = 0; i < 5; i++) {
      made.backlog.wakeUp();
      await made.settle();
    }
    expect([writes, made.store.count('lane'), made.lanes.size]).toEqual([3, 3, 12]);
    const order = await made.drain();
    expect(order.filter((id) => id.startsWith('r1'))).toEqual([
      'r10',
      'r11',
      'r12',
      'r13',
      'r14',
      'r15',
      'r16',
    ]);
  });

  it('Room holds 30 s of lanes of a rate-limited method, and at least 100.', async () => {
    const room = (perSecond: number | undefined) => {
      const lanes = { size: 0, lengthOf: () => 0, headsOf: () => 0 };
      const limits = { ...LIMITS, method: 20_000 };
      const [free] = new Room(lanes, () => perSecond, { ...limits, method: 400 }).ofMethods();
      return free?.count;
    };
    expect([room(undefined), room(10), room(0.1)]).toEqual([400, 300, 100]);
  });

  it('Operations that a previous owner had in memory are loaded after a rebalance.', async () => {
    const made = worker();
    for (let i = 0; i < 6; i++) made.receive(`app${i}`, `c${i}`);
    await made.settle();
    for (const one of made.store.waiting) one.backlog = 'loaded';
    made.reassign();
    await made.settle();
    // Kafka redelivers those whose records were not completed.
    expect([made.lanes.size, made.store.count('loaded')]).toEqual([3, 3]);
    expect(await made.drain()).toEqual(['c3', 'c4', 'c5']);
  });

  it('Lanes with operations left in Postgres by a previous owner are loaded after a rebalance.', async () => {
    const made = worker();
    for (const id of ['c1', 'c2'])
      await made.store.delay({ id, appid: 'long', partition: 0, backlog: 'lane' });
    made.backlog.onAssigned();
    await made.settle();
    expect(await made.drain()).toEqual(['c1', 'c2']);
  });

  it('A command whose operation is unknown is dead-lettered.', async () => {
    const made = worker();
    made.store.answer = async ({ id }) => (id === 'c9' ? 'unknown' : 'delayed');
    for (let i = 0; i < 3; i++) made.receive(`app${i}`, `c${i}`);
    made.receive('unknown', 'c9');
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
    for (let i = 0; i < 4; i++) made.receive(`app${i}`, `c${i}`);
    await made.settle();
    expect(made.done).toEqual([]);
    fails = false;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(made.done).toEqual(['c3']);
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
});
