import { describe, expect, it } from '@jest/globals';
import { Operation, OperationState } from '@wxa/contracts';
import { KnownOperations } from './known-operations.js';

const change = (id: string, state: keyof typeof OperationState, version: number) => ({
  operation: { ...Operation.create(), id, state: OperationState[state] },
  version,
});
const queued = (id: string, version = 0) => change(id, 'OPERATION_STATE_QUEUED', version);
const running = (id: string, version: number) => change(id, 'OPERATION_STATE_RUNNING', version);
const done = (id: string) => change(id, 'OPERATION_STATE_SUCCEEDED', Number.POSITIVE_INFINITY);

describe('KnownOperations', () => {
  it('KnownOperations reports each state of an operation as new once', () => {
    const known = new KnownOperations();
    expect(
      [queued('a'), queued('a', 5), running('a', 6), running('a', 6)].map((c) => known.isNew(c)),
    ).toEqual([true, false, true, false]);
  });

  it('KnownOperations reports an operation in doubt again once it awaits its resolution', () => {
    const known = new KnownOperations();
    const { operation } = change('a', 'OPERATION_STATE_IN_DOUBT', 6);
    const left = { operation: { ...operation, awaitingResolution: true }, version: 7 };
    expect([{ operation, version: 6 }, left, left].map((c) => known.isNew(c))).toEqual([true, true, false]);
  });

  it('KnownOperations does not report an older state, or a state after the final one, as new', () => {
    const known = new KnownOperations();
    expect(
      [running('a', 6), queued('a', 5), done('a'), running('a', 7), done('a')].map((c) => known.isNew(c)),
    ).toEqual([true, false, true, false, false]);
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
    expect(
      known.missedRun(change('a', 'OPERATION_STATE_CANCELLED', Number.POSITIVE_INFINITY)),
    ).toBeUndefined();
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
});
