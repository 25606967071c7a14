import { expect, it } from '@jest/globals';
import { Operation, OperationState } from '@wxa/contracts';
import { KnownOperations } from './known-operations.js';

const change = (id: string, state: keyof typeof OperationState, version: number) => ({
  operation: { ...Operation.create(), id, state: OperationState[state] },
  version,
});
const queued = (id: string, version = 0) => change(id, 'OPERATION_STATE_QUEUED', version);
const running = (id: string, version: number) => change(id, 'OPERATION_STATE_RUNNING', version);
const done = (id: string) => change(id, 'OPERATION_STATE_SUCCEEDED', Number.POSITIVE_INFINITY);

const doubtful = change('a', 'OPERATION_STATE_IN_DOUBT', 6);
const left = { operation: { ...doubtful.operation, awaitingResolution: true }, version: 7 };

it.each([
  ['each state once', [queued('a'), queued('a', 5), running('a', 6), running('a', 6)], 'a,-,a,-'],
  ['a doubt again once it awaits its resolution', [doubtful, left, left], 'a,a,-'],
  ['no older state', [running('a', 6), queued('a', 5)], 'a,-'],
  ['no state after the final one', [done('a'), running('a', 7), done('a')], 'a,-,-'],
])('KnownOperations reports %s', (_, changes, expected) => {
  const known = new KnownOperations();
  expect(changes.map((each) => (known.isNew(each) ? each.operation.id : '-')).join()).toBe(expected);
});

it('missedRun returns RUNNING for a known waiting operation that ran between two polls', () => {
  const began = (c: ReturnType<typeof change>) => ({
    ...c,
    operation: { ...c.operation, startTime: new Date(5), endTime: new Date(6) },
  });
  const known = new KnownOperations();
  expect(known.missedRun(began(done('a')))).toBeUndefined();
  for (const id of ['a', 'b']) known.isNew(queued(id, 3));
  expect(known.missedRun(began(done('a')))).toMatchObject({
    operation: { id: 'a', state: OperationState.OPERATION_STATE_RUNNING, endTime: undefined },
  });
  const cancelled = change('a', 'OPERATION_STATE_CANCELLED', Number.POSITIVE_INFINITY);
  expect(known.missedRun(cancelled)).toBeUndefined();
  known.isNew(running('b', 5));
  expect(known.missedRun(began(done('b')))).toBeUndefined();
});

it('leastRecent returns the unfinished operations with the oldest updates in rotation', () => {
  const known = new KnownOperations();
  for (const id of ['a', 'b', 'c']) known.isNew(queued(id));
  known.isNew(running('a', 1));
  known.isNew(done('c'));
  expect(known.leastRecent(1)).toEqual(['b']);
  expect(known.leastRecent(5)).toEqual(['a', 'b']);
});
