import { describe, expect, it } from '@jest/globals';
import type { ReceivedRecord } from '@wxa/kafka';
import fc from 'fast-check';
import { type LaneEntry, laneEntry } from './lane-entry.js';
import { type LaneStep, Lanes } from './lanes.js';

/** A record that notes how often it was done. */
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

/** Steps that end when told. */
function heldSteps() {
  const held: { entry: LaneEntry; next(): LaneEntry | undefined; end(step: LaneStep): void }[] = [];
  const lanes = new Lanes((head, next) => new Promise((end) => held.push({ entry: head, next, end })));
  return { lanes, held };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('Lanes', () => {
  it('runs one operation of a mini-program at a time, in order, and mini-programs side by side', async () => {
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
            await turn();
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

  it('lets no waiting lane hold another', async () => {
    const { lanes, held } = heldSteps();
    lanes.add(entry('slow', '1'));
    held[0]?.end({ kind: 'again', afterMs: 60_000 });
    await turn();
    lanes.add(entry('slow', '2'));
    lanes.add(entry('quick', '3'));
    expect(held.map((step) => step.entry.operationId)).toEqual(['1', '3']);
    held[1]?.end({ kind: 'done' });
    await lanes.stop();
  });

  it('puts what comes back from Postgres before what was accepted later, and not before what runs', async () => {
    const { lanes, held } = heldSteps();
    for (const id of ['3', '6', '7']) lanes.add(entry('a', id));
    for (const id of ['5', '4', '1', '8', '5']) lanes.insert(entry('a', id));
    const order: (string | undefined)[] = [];
    for (let step = held.shift(); step !== undefined; step = held.shift()) {
      order.push(step.entry.operationId);
      step.end({ kind: 'done' });
      await turn();
    }
    expect(order).toEqual(['3', '1', '4', '5', '6', '7', '8']);
  });

  it('puts what comes back from Postgres in order behind the next one, which is claimed with the settlement before it', async () => {
    const { lanes, held } = heldSteps();
    for (const id of ['1', '7']) lanes.add(entry('a', id));
    const next = held[0]?.next();
    if (next !== undefined) next.isClaiming = true;
    for (const id of ['3', '2', '4']) lanes.insert(entry('a', id));
    if (next !== undefined) next.isClaiming = false;
    const order: (string | undefined)[] = [];
    for (let step = held.shift(); step !== undefined; step = held.shift()) {
      order.push(step.entry.operationId);
      step.end({ kind: 'done' });
      await turn();
    }
    expect(order).toEqual(['1', '7', '2', '3', '4']);
  });

  it('goes on with what is loaded again, under the present ownership, while it is in a step', async () => {
    const { lanes, held } = heldSteps();
    const [before, now] = [record(), record()];
    lanes.add(entry('a', '1', before));
    before.lose();
    lanes.dropUnclaimed();
    lanes.insert(entry('a', '1', now));
    held[0]?.end({ kind: 'again', afterMs: 0 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([lanes.size, held.length]).toEqual([1, 2]);
    held[1]?.end({ kind: 'done' });
    await turn();
    expect([lanes.size, now.ends]).toEqual([0, 1]);
  });

  it('goes on with what was released and loaded while a step found it blocked', async () => {
    const { lanes, held } = heldSteps();
    lanes.add(entry('a', '1'));
    lanes.insert(entry('a', '1'));
    held[0]?.end({ kind: 'done' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([lanes.size, held.length, held[1]?.entry.mayHaveEnded]).toEqual([1, 2, true]);
    held[1]?.end({ kind: 'done' });
    await turn();
    expect([lanes.size, held.length]).toEqual([0, 2]);
  });

  it('counts the lanes that have an operation of a method at their head', async () => {
    const { lanes, held } = heldSteps();
    for (const appid of ['a', 'a', 'b']) lanes.add(entry(appid, `${lanes.size}`));
    expect([lanes.headsOf('Release'), lanes.headsOf('Commit'), lanes.lengthOf('a')]).toEqual([2, 0, 2]);
    lanes.dropUnclaimed();
    for (const step of held) step.end({ kind: 'done' });
    await turn();
    expect([lanes.headsOf('Release'), lanes.lengthOf('a')]).toEqual([0, 0]);
  });

  it('gives a record that comes again to the operation that is there already', async () => {
    const { lanes, held } = heldSteps();
    const [first, again] = [record(), record()];
    lanes.add(entry('a', '1', first));
    lanes.add(entry('a', '1', again));
    held[0]?.end({ kind: 'done' });
    await turn();
    expect([held.length, first.ends, again.ends]).toEqual([1, 1, 1]);
  });

  it('drops an operation that is to be tried again when its partition has gone to another worker', async () => {
    const { lanes, held } = heldSteps();
    const from = record();
    lanes.add(entry('a', '1', from));
    from.lose();
    held[0]?.end({ kind: 'again', afterMs: 0 });
    await turn();
    expect([lanes.size, from.ends]).toEqual([0, 0]);
  });

  it('forgets what waits at a new assignment, but not what is in a step', async () => {
    const { lanes, held } = heldSteps();
    const [running, waiting] = [record(), record()];
    lanes.add(entry('a', '1', running));
    lanes.add(entry('a', '2', waiting));
    lanes.dropUnclaimed();
    expect(lanes.size).toBe(1);
    held[0]?.end({ kind: 'done' });
    await turn();
    expect([lanes.size, running.ends, waiting.ends, held.length]).toEqual([0, 1, 0, 1]);
  });

  it('stops once the steps under way have ended, and begins no other', async () => {
    const { lanes, held } = heldSteps();
    lanes.add(entry('a', '1'));
    lanes.add(entry('a', '2'));
    const stopped = lanes.stop();
    lanes.add(entry('b', '3'));
    held[0]?.end({ kind: 'done' });
    await stopped;
    expect(held).toHaveLength(1);
  });

  it('runs what was claimed behind a step, though it is dealt anew and told to stop meanwhile', async () => {
    const { lanes, held } = heldSteps();
    for (const id of ['1', '2', '3']) lanes.add(entry('a', id));
    const second = held[0]?.next();
    if (second === undefined) throw new Error('nothing is behind it');
    second.isClaiming = true;
    lanes.dropUnclaimed();
    expect(lanes.size).toBe(2);
    const stopped = lanes.stop();
    Object.assign(second, { isClaiming: false, claimed: { claim: { kind: 'unknown' } } });
    held[0]?.end({ kind: 'done' });
    await turn();
    expect(held[1]?.entry).toBe(second);
    second.claimed = undefined;
    expect(held[1]?.next()).toBeUndefined();
    held[1]?.end({ kind: 'done' });
    await stopped;
    expect([lanes.size, held.length]).toEqual([0, 2]);
  });

  it('gives nothing to claim whose partition was lost', () => {
    const { lanes, held } = heldSteps();
    const from = record();
    lanes.add(entry('a', '1'));
    lanes.add(entry('a', '2', from));
    expect(held[0]?.next()?.operationId).toBe('2');
    from.lose();
    expect(held[0]?.next()).toBeUndefined();
  });
});
