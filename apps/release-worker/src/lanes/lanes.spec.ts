import { describe, expect, it } from '@jest/globals';
import type { ReceivedRecord } from '@wxa/kafka';
import fc from 'fast-check';
import { type LaneEntry, laneEntry, transition } from './lane-entry.js';
import { type LaneStep, Lanes } from './lanes.js';

/** A record that counts how often it was completed. */
function record(current = true): ReceivedRecord & { ends: number; lose(): void } {
  const state = { current };
  return {
    ends: 0,
    lose: () => {
      state.current = false;
    },
    topic: 't',
    partition: 0,
    offset: '0',
    key: null,
    value: null,
    headers: undefined,
    mayBeRepeated: false,
    dropValue: () => undefined,
    isCurrent: () => state.current,
    done() {
      this.ends += 1;
    },
  };
}

const entry = (appid: string, id: string, from: ReceivedRecord = record()): LaneEntry =>
  laneEntry(id, appid, 'Release', from);

/** Steps that end on request. */
function controlledSteps(mayRun?: (entry: LaneEntry) => boolean) {
  const steps: { entry: LaneEntry; next(): LaneEntry | undefined; end(step: LaneStep): void }[] = [];
  const lanes = new Lanes(
    (head, next) => new Promise((end) => steps.push({ entry: head, next, end })),
    undefined,
    mayRun,
  );
  return { lanes, steps };
}

const nextTick = () => new Promise((resolve) => setImmediate(resolve));

describe('Lanes', () => {
  it('Operations of one mini-program run one at a time and in order; mini-programs run concurrently.', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ appid: fc.constantFrom('a', 'b', 'c'), retries: fc.nat(2) }), { maxLength: 40 }),
        async (operations) => {
          const running = new Map<string, number>();
          const finished: Record<string, string[]> = { a: [], b: [], c: [] };
          const retries = new Map(operations.map((o, i) => [`${i}`, o.retries]));
          const lanes = new Lanes(async ({ appid, operationId }) => {
            running.set(appid, (running.get(appid) ?? 0) + 1);
            expect(running.get(appid)).toBe(1);
            await nextTick();
            running.set(appid, 0);
            const left = retries.get(operationId) ?? 0;
            retries.set(operationId, left - 1);
            if (left > 0) return { kind: 'again', afterMs: 0 };
            finished[appid]?.push(operationId);
            return { kind: 'done' };
          });
          const records = operations.map(({ appid }, i) => {
            const from = record();
            lanes.add(entry(appid, `${i}`, from));
            return from;
          });
          while (lanes.size > 0) await new Promise((resolve) => setTimeout(resolve, 0));
          for (const appid of ['a', 'b', 'c']) {
            const accepted = operations.flatMap((o, i) => (o.appid === appid ? [`${i}`] : []));
            expect(finished[appid]).toEqual(accepted);
          }
          expect(records.every(({ ends }) => ends === 1)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('A delayed lane does not delay another lane.', async () => {
    const { lanes, steps } = controlledSteps();
    lanes.add(entry('slow', '1'));
    steps[0]?.end({ kind: 'again', afterMs: 60_000 });
    await nextTick();
    lanes.add(entry('slow', '2'));
    lanes.add(entry('quick', '3'));
    expect(steps.map((step) => step.entry.operationId)).toEqual(['1', '3']);
    steps[1]?.end({ kind: 'done' });
    await lanes.stop();
  });

  it('An operation loaded from Postgres is inserted before later ones, but not before the running one.', async () => {
    const { lanes, steps } = controlledSteps();
    for (const id of ['3', '6', '7']) lanes.add(entry('a', id));
    for (const id of ['5', '4', '1', '8', '5']) lanes.insert(entry('a', id));
    const order: (string | undefined)[] = [];
    for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
      order.push(step.entry.operationId);
      step.end({ kind: 'done' });
      await nextTick();
    }
    expect(order).toEqual(['3', '1', '4', '5', '6', '7', '8']);
  });

  it('An operation loaded from Postgres is inserted behind an entry that is being claimed.', async () => {
    const { lanes, steps } = controlledSteps();
    for (const id of ['1', '7']) lanes.add(entry('a', id));
    const next = steps[0]?.next();
    if (next !== undefined) transition(next, { kind: 'chained', reservations: {} });
    for (const id of ['3', '2', '4']) lanes.insert(entry('a', id));
    if (next !== undefined) transition(next, { kind: 'throttled', reservations: {} });
    const order: (string | undefined)[] = [];
    for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
      order.push(step.entry.operationId);
      step.end({ kind: 'done' });
      await nextTick();
    }
    expect(order).toEqual(['1', '7', '2', '3', '4']);
  });

  it('An entry that is loaded again during its step continues under the current partition ownership.', async () => {
    const { lanes, steps } = controlledSteps();
    const [before, now] = [record(), record()];
    lanes.add(entry('a', '1', before));
    before.lose();
    lanes.dropUnclaimed();
    lanes.insert(entry('a', '1', now));
    steps[0]?.end({ kind: 'again', afterMs: 0 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([lanes.size, steps.length]).toEqual([1, 2]);
    steps[1]?.end({ kind: 'done' });
    await nextTick();
    expect([lanes.size, now.ends]).toEqual([0, 1]);
  });

  it('An entry that was released and loaded while a step found it blocked runs again.', async () => {
    const { lanes, steps } = controlledSteps();
    lanes.add(entry('a', '1'));
    lanes.insert(entry('a', '1'));
    steps[0]?.end({ kind: 'done' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([lanes.size, steps.length, steps[1]?.entry.mayHaveEnded]).toEqual([1, 2, true]);
    steps[1]?.end({ kind: 'done' });
    await nextTick();
    expect([lanes.size, steps.length]).toEqual([0, 2]);
  });

  it('headsOf returns the number of lanes with an operation of that method at their head.', async () => {
    const { lanes, steps } = controlledSteps();
    for (const appid of ['a', 'a', 'b']) lanes.add(entry(appid, `${lanes.size}`));
    expect([lanes.headsOf('Release'), lanes.headsOf('Commit'), lanes.lengthOf('a')]).toEqual([2, 0, 2]);
    lanes.dropUnclaimed();
    for (const step of steps) step.end({ kind: 'done' });
    await nextTick();
    expect([lanes.headsOf('Release'), lanes.lengthOf('a')]).toEqual([0, 0]);
  });

  it('A redelivered record is added to its entry, and both records are completed after one run.', async () => {
    const { lanes, steps } = controlledSteps();
    const [first, again] = [record(), record()];
    lanes.add(entry('a', '1', first));
    lanes.add(entry('a', '1', again));
    steps[0]?.end({ kind: 'done' });
    await nextTick();
    expect([steps.length, first.ends, again.ends]).toEqual([1, 1, 1]);
  });

  it('An operation to be retried is dropped if its partition was reassigned to another worker.', async () => {
    const { lanes, steps } = controlledSteps();
    const from = record();
    lanes.add(entry('a', '1', from));
    from.lose();
    steps[0]?.end({ kind: 'again', afterMs: 0 });
    await nextTick();
    expect([lanes.size, from.ends]).toEqual([0, 0]);
  });

  it('dropUnclaimed drops waiting entries and keeps the entry in a step.', async () => {
    const { lanes, steps } = controlledSteps();
    const [running, waiting] = [record(), record()];
    lanes.add(entry('a', '1', running));
    lanes.add(entry('a', '2', waiting));
    lanes.dropUnclaimed();
    expect(lanes.size).toBe(1);
    steps[0]?.end({ kind: 'done' });
    await nextTick();
    expect([lanes.size, running.ends, waiting.ends, steps.length]).toEqual([0, 1, 0, 1]);
  });

  it('stop resolves when the running steps have ended, and no other step starts.', async () => {
    const { lanes, steps } = controlledSteps();
    lanes.add(entry('a', '1'));
    lanes.add(entry('a', '2'));
    const stopped = lanes.stop();
    lanes.add(entry('b', '3'));
    steps[0]?.end({ kind: 'done' });
    await stopped;
    expect(steps).toHaveLength(1);
  });

  it('An entry claimed behind a step runs even if a rebalance and a stop happen meanwhile.', async () => {
    const { lanes, steps } = controlledSteps();
    for (const id of ['1', '2', '3']) lanes.add(entry('a', id));
    const second = steps[0]?.next();
    if (second === undefined) throw new Error('no entry is behind it');
    transition(second, { kind: 'chained', reservations: {} });
    lanes.dropUnclaimed();
    expect(lanes.size).toBe(2);
    const stopped = lanes.stop();
    steps[0]?.end({ kind: 'done' });
    await nextTick();
    expect(steps[1]?.entry).toBe(second);
    transition(second, { kind: 'claimed' });
    expect(steps[1]?.next()).toBeUndefined();
    steps[1]?.end({ kind: 'done' });
    await stopped;
    expect([lanes.size, steps.length]).toEqual([0, 2]);
  });

  it('next returns no entry whose partition was lost.', () => {
    const { lanes, steps } = controlledSteps();
    const from = record();
    lanes.add(entry('a', '1'));
    lanes.add(entry('a', '2', from));
    expect(steps[0]?.next()?.operationId).toBe('2');
    from.lose();
    expect(steps[0]?.next()).toBeUndefined();
  });

  it('Entries that may not run wait until wakeUp and are passed by those that may.', async () => {
    let isOpen = false;
    const { lanes, steps } = controlledSteps(({ operationId }) => isOpen || operationId.startsWith('query'));
    for (const id of ['change-1', 'query-1', 'change-2', 'query-2']) lanes.add(entry('a', id));
    const ran = () => steps.map(({ entry: { operationId } }) => operationId);
    expect([ran(), steps[0]?.next()]).toEqual([['query-1'], undefined]);
    steps[0]?.end({ kind: 'done' });
    await nextTick();
    steps[1]?.end({ kind: 'done' });
    await nextTick();
    expect(ran()).toEqual(['query-1', 'query-2']);
    isOpen = true;
    lanes.wakeUp();
    expect(steps[2]?.next()?.operationId).toBe('change-2');
    steps[2]?.end({ kind: 'done' });
    await nextTick();
    expect(ran()).toEqual(['query-1', 'query-2', 'change-1', 'change-2']);
  });
});
