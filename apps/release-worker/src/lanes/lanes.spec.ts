import { expect, it } from '@jest/globals';
import type { ReceivedRecord } from '@wxa/kafka';
import fc from 'fast-check';
import { type LaneEntry, laneEntry, throttled, transition } from './lane-entry.js';
import { type LaneStep, Lanes } from './lanes.js';

/** A record that counts how often it was completed. */
function record() {
  let isCurrent = true;
  const from = {
    ends: 0,
    lose: () => {
      isCurrent = false;
    },
    isCurrent: () => isCurrent,
    done: () => {
      from.ends += 1;
    },
  };
  return from as typeof from & ReceivedRecord;
}

const entry = (appid: string, id: string, from: ReceivedRecord = record()): LaneEntry =>
  laneEntry(id, appid, 'Release', from);

const nextTick = () => new Promise((resolve) => setImmediate(resolve));

/** Lanes whose steps end on request. */
function controlled(mayRun?: (entry: LaneEntry) => boolean) {
  const steps: { entry: LaneEntry; next(): LaneEntry | undefined; end(step: LaneStep): void }[] = [];
  const run = (head: LaneEntry, next: () => LaneEntry | undefined) =>
    new Promise<LaneStep>((end) => steps.push({ entry: head, next, end }));
  const lanes = new Lanes(mayRun);
  lanes.start({ run });
  /** Adds operations to a lane; returns their records. */
  const add = (appid: string, ...ids: string[]) =>
    ids.map((id) => {
      const from = record();
      lanes.add(entry(appid, id, from));
      return from;
    });
  /** Ends one step and lets the next begin. */
  const end = async (step: number, how: LaneStep = { kind: 'done' }) => {
    steps[step]?.end(how);
    await nextTick();
  };
  /** The operations whose steps have begun. */
  const began = () => steps.map((step) => step.entry.operationId);
  const endAll = async () => {
    for (let step = 0; step < steps.length; step++) await end(step);
    return began();
  };
  return { lanes, steps, add, end, began, endAll };
}

it('Operations of one mini-program run one at a time and in order; mini-programs run concurrently.', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ appid: fc.constantFrom('a', 'b', 'c'), retries: fc.nat(2) }), { maxLength: 40 }),
      async (operations) => {
        const running = new Map<string, number>();
        const finished: Record<string, string[]> = { a: [], b: [], c: [] };
        const retries = new Map(operations.map((o, i) => [`${i}`, o.retries]));
        const run = async ({ appid, operationId }: LaneEntry): Promise<LaneStep> => {
          running.set(appid, (running.get(appid) ?? 0) + 1);
          expect(running.get(appid)).toBe(1);
          await nextTick();
          running.set(appid, 0);
          const left = retries.get(operationId) ?? 0;
          retries.set(operationId, left - 1);
          if (left > 0) return { kind: 'again', afterMs: 0 };
          finished[appid]?.push(operationId);
          return { kind: 'done' };
        };
        const lanes = new Lanes();
        lanes.start({ run });
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
  const { lanes, add, end, began } = controlled();
  add('slow', '1');
  await end(0, { kind: 'again', afterMs: 60_000 });
  add('slow', '2');
  add('quick', '3');
  expect(began()).toEqual(['1', '3']);
  await end(1);
  await lanes.stop();
});

it('An operation loaded from Postgres is inserted before later ones, but not before the running one.', async () => {
  const { lanes, add, endAll } = controlled();
  add('a', '3', '6', '7');
  for (const id of ['5', '4', '1', '8', '5']) lanes.insert(entry('a', id));
  expect(await endAll()).toEqual(['3', '1', '4', '5', '6', '7', '8']);
});

it('An operation loaded from Postgres is inserted behind an entry that is being claimed.', async () => {
  const { lanes, steps, add, endAll } = controlled();
  add('a', '1', '7');
  const next = steps[0]?.next();
  if (next !== undefined) transition(next, { ...throttled(next), kind: 'chained' });
  for (const id of ['3', '2', '4']) lanes.insert(entry('a', id));
  if (next !== undefined) transition(next, throttled(next));
  expect(await endAll()).toEqual(['1', '7', '2', '3', '4']);
});

it('An entry that is loaded again during its step continues under the current partition ownership.', async () => {
  const { lanes, add, end, began } = controlled();
  const [before] = add('a', '1');
  const now = record();
  before?.lose();
  lanes.dropUnclaimed();
  lanes.insert(entry('a', '1', now));
  await end(0, { kind: 'again', afterMs: 0 });
  while (began().length < 2) await nextTick();
  expect([lanes.size, began()]).toEqual([1, ['1', '1']]);
  await end(1);
  expect([lanes.size, now.ends]).toEqual([0, 1]);
});

it('An entry that was released and loaded while a step found it blocked runs again.', async () => {
  const { lanes, steps, add, end, began } = controlled();
  add('a', '1');
  lanes.insert(entry('a', '1'));
  await end(0);
  while (began().length < 2) await nextTick();
  expect([lanes.size, began(), steps[1]?.entry.memory.mayHaveEnded]).toEqual([1, ['1', '1'], true]);
  await end(1);
  expect([lanes.size, began()]).toEqual([0, ['1', '1']]);
});

it('headsOf returns the number of lanes with an operation of that method at their head.', async () => {
  const { lanes, add, end } = controlled();
  add('a', '0', '1');
  add('b', '2');
  expect([lanes.headsOf('Release'), lanes.headsOf('Commit'), lanes.lengthOf('a')]).toEqual([2, 0, 2]);
  lanes.dropUnclaimed();
  for (const step of [0, 1]) await end(step);
  expect([lanes.headsOf('Release'), lanes.lengthOf('a')]).toEqual([0, 0]);
});

it('A redelivered record is added to its entry, and both records are completed after one run.', async () => {
  const { add, end, began } = controlled();
  const records = add('a', '1', '1');
  await end(0);
  expect([began(), records.map(({ ends }) => ends)]).toEqual([['1'], [1, 1]]);
});

it('An operation to be retried is dropped if its partition was reassigned to another worker.', async () => {
  const { lanes, add, end } = controlled();
  const [from] = add('a', '1');
  from?.lose();
  await end(0, { kind: 'again', afterMs: 0 });
  expect([lanes.size, from?.ends]).toEqual([0, 0]);
});

it('An entry claimed behind a step runs although a rebalance and a stop happen; the stop resolves then, and no other step starts.', async () => {
  const { lanes, steps, add, end, began } = controlled();
  const records = add('a', '1', '2', '3');
  const second = steps[0]?.next();
  if (second === undefined) throw new Error('no entry is behind it');
  transition(second, { ...throttled(second), kind: 'chained' });
  lanes.dropUnclaimed();
  expect(lanes.size).toBe(2);
  const stopped = lanes.stop();
  add('b', '4');
  await end(0);
  expect(steps[1]?.entry).toBe(second);
  transition(second, { ...second.state, kind: 'claimed' });
  expect(steps[1]?.next()).toBeUndefined();
  await end(1);
  await stopped;
  expect([lanes.size, began(), records.map(({ ends }) => ends)]).toEqual([0, ['1', '2'], [1, 1, 0]]);
});

it('next returns no entry whose partition was lost.', () => {
  const { steps, add } = controlled();
  const [, from] = add('a', '1', '2');
  expect(steps[0]?.next()?.operationId).toBe('2');
  from?.lose();
  expect(steps[0]?.next()).toBeUndefined();
});

it('Entries that may not run wait until wakeUp and are passed by those that may.', async () => {
  let isOpen = false;
  const mayRun = ({ operationId }: LaneEntry) => isOpen || operationId.startsWith('query');
  const { lanes, steps, add, end, began, endAll } = controlled(mayRun);
  add('a', 'change-1', 'query-1', 'change-2', 'query-2');
  expect([began(), steps[0]?.next()]).toEqual([['query-1'], undefined]);
  for (const step of [0, 1]) await end(step);
  expect(began()).toEqual(['query-1', 'query-2']);
  isOpen = true;
  lanes.wakeUp();
  expect(steps[2]?.next()?.operationId).toBe('change-2');
  expect(await endAll()).toEqual(['query-1', 'query-2', 'change-1', 'change-2']);
});
