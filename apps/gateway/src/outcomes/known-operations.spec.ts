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
  it('takes each state as news once', () => {
    const known = new KnownOperations();
    expect(
      [queued('a'), queued('a', 5), running('a', 6), running('a', 6)].map((c) => known.isNews(c)),
    ).toEqual([true, false, true, false]);
  });

  it('never goes backwards', () => {
    const known = new KnownOperations();
    expect(
      [running('a', 6), queued('a', 5), done('a'), running('a', 7), done('a')].map((c) => known.isNews(c)),
    ).toEqual([true, false, true, false, false]);
  });

  it('knows of a run that was over before anybody looked', () => {
    const began = (c: ReturnType<typeof change>) => ({
      ...c,
      operation: { ...c.operation, startTime: new Date(5), endTime: new Date(6) },
    });
    const known = new KnownOperations();
    expect(known.unseenRun(began(done('a')))).toBeUndefined();
    for (const id of ['a', 'b']) known.isNews(queued(id, 3));
    expect(known.unseenRun(began(done('a')))).toMatchObject({
      operation: { id: 'a', state: OperationState.OPERATION_STATE_RUNNING, endTime: undefined },
    });
    expect(
      known.unseenRun(change('a', 'OPERATION_STATE_CANCELLED', Number.POSITIVE_INFINITY)),
    ).toBeUndefined();
    known.isNews(running('b', 5));
    expect(known.unseenRun(began(done('b')))).toBeUndefined();
  });

  it('tells which unfinished ones have been silent longest, in turn', () => {
    const known = new KnownOperations();
    for (const id of ['a', 'b', 'c']) known.isNews(queued(id));
    known.isNews(running('a', 1));
    known.isNews(done('c'));
    expect(known.longestSilent(1)).toEqual(['b']);
    expect(known.longestSilent(5)).toEqual(['a', 'b']);
  });
});
