import { describe, expect, it } from '@jest/globals';
import {
  contextOf,
  errorOf,
  factsOf,
  failed,
  later,
  NOW,
  operationOf,
  running,
  succeeded,
  targetOf,
  waitingFor,
} from '../fixtures/samples.js';
import type { Facts, Target } from '../target.js';
import { advance } from './advance.js';

const context = contextOf();
const cancelling = contextOf({ state: 'CANCELLING' });
interface Row {
  row: string;
  target: Target;
  facts: Facts;
  to: Partial<Target>;
  at?: Date;
  rollout?: typeof context;
  move?: object;
}

const inState = (state: 'QUEUED' | 'RUNNING' | 'RETRYING' | 'IN_DOUBT' | 'CANCELLED') =>
  factsOf({ operation: operationOf({ state, error: state === 'IN_DOUBT' ? errorOf() : null }) });

const ROWS: Row[] = [
  {
    row: 'RUNNING is FAILED with REQUEST_ID_TAKEN if its request_id belongs to an operation of another caller',
    target: running(),
    facts: factsOf({ operation: operationOf({ isOwn: false }) }),
    to: { state: 'FAILED', error: expect.objectContaining({ reason: 'REQUEST_ID_TAKEN' }) as never },
    move: { stepResult: 'failed' },
  },
  {
    row: 'RUNNING is CANCELLED if its rollout was cancelled before the operation was sent',
    target: running(),
    facts: inState('CANCELLED'),
    rollout: cancelling,
    to: { state: 'CANCELLED', error: null },
  },
  {
    row: 'RUNNING stays while its operation runs',
    target: running(),
    facts: inState('RUNNING'),
    to: { state: 'RUNNING' },
    move: { change: 'none' },
  },
  {
    row: 'RUNNING becomes WAITING(OPERATION) after 2 minutes',
    target: running(),
    facts: inState('RETRYING'),
    at: later(120_000),
    to: { state: 'WAITING', waitsFor: 'OPERATION', dueAt: later(720_000) },
  },
  {
    row: 'WAITING(OPERATION) is looked at again after 10 minutes',
    target: waitingFor('OPERATION'),
    facts: inState('RUNNING'),
    at: later(600_000),
    to: { waitsFor: 'OPERATION', dueAt: later(1_200_000) },
    move: { change: 'due' },
  },
  {
    row: 'RUNNING goes to the next step if its operation succeeded',
    target: running(),
    facts: succeeded(),
    to: { step: 'SUBMIT_AUDIT', holdsAppid: true },
    move: { stepResult: 'passed', isCompleted: false },
  },
  {
    row: 'WAITING(OPERATION) is SUCCEEDED after the last step',
    target: waitingFor('OPERATION', { step: 'VERIFY' }),
    facts: succeeded({ release: { version: '1.2.3' } }),
    to: { state: 'SUCCEEDED', step: 'VERIFY', holdsAppid: false, completions: 1, dueAt: null },
    move: { stepResult: 'passed', isCompleted: true, releasesAppid: true },
  },
  {
    row: 'RUNNING is FAILED with the error of its operation by default',
    target: running(),
    facts: failed({ errcode: 85013 }),
    to: { state: 'FAILED', error: errorOf({ errcode: 85013 }), holdsAppid: false, completions: 1 },
    move: { stepResult: 'failed', isCompleted: true },
  },
  ...[{ reason: 'NOT_AUTHORIZED' }, { errcode: 61003 }, { errcode: 61023 }, { errcode: 61007 }].map(
    (error) => ({
      row: `RUNNING is SKIPPED with NOT_AUTHORIZED and counts as neither after ${JSON.stringify(error)}`,
      target: running(),
      facts: failed(error),
      to: {
        state: 'SKIPPED' as const,
        error: expect.objectContaining({ reason: 'NOT_AUTHORIZED' }) as never,
      },
      move: { stepResult: null },
    }),
  ),
  {
    row: 'RUNNING is FAILED with OPERATION_CANCELLED if its operation was cancelled',
    target: running(),
    facts: inState('CANCELLED'),
    to: { state: 'FAILED', error: expect.objectContaining({ reason: 'OPERATION_CANCELLED' }) as never },
  },
  {
    row: 'RUNNING becomes IN_DOUBT with the error of its operation',
    target: running(),
    facts: inState('IN_DOUBT'),
    to: { state: 'IN_DOUBT', error: errorOf() },
    move: { stepResult: null },
  },
  {
    row: 'IN_DOUBT becomes WAITING(OPERATION) if its operation is retried',
    target: running({ state: 'IN_DOUBT', error: errorOf() }),
    facts: inState('RETRYING'),
    to: { state: 'WAITING', waitsFor: 'OPERATION', error: null },
  },
  {
    row: 'IN_DOUBT moves as its operation ended',
    target: running({ state: 'IN_DOUBT', error: errorOf() }),
    facts: succeeded(),
    to: { step: 'SUBMIT_AUDIT', error: null },
  },
  {
    row: 'PENDING is CANCELLED in a CANCELLING rollout',
    target: targetOf(),
    facts: factsOf(),
    rollout: cancelling,
    to: { state: 'CANCELLED', completions: 1 },
    move: { stepResult: null },
  },
  {
    row: 'WAITING(AUDIT) is CANCELLED in a CANCELLING rollout',
    target: waitingFor('AUDIT', { step: 'AUDIT' }),
    facts: factsOf(),
    rollout: cancelling,
    to: { state: 'CANCELLED', step: 'AUDIT' },
  },
  {
    row: 'RUNNING is CANCELLED at its next step instead of a next operation',
    target: running({ step: 'RELEASE' }),
    facts: succeeded(),
    rollout: cancelling,
    to: { state: 'CANCELLED', step: 'VERIFY', completions: 1, holdsAppid: false },
    move: { stepResult: 'passed', releasesAppid: true },
  },
  {
    row: 'RUNNING keeps running in a CANCELLING rollout until its operation ends',
    target: running(),
    facts: inState('RUNNING'),
    rollout: cancelling,
    to: { state: 'RUNNING' },
  },
  {
    row: 'WAITING(OTHER_ROLLOUT) is PENDING when the other rollout has released the appid',
    target: waitingFor('OTHER_ROLLOUT', { holdsAppid: false }),
    facts: factsOf(),
    to: { state: 'PENDING', attempt: 1 },
  },
  {
    row: 'WAITING(OTHER_ROLLOUT) is looked at again after 10 minutes',
    target: waitingFor('OTHER_ROLLOUT', { holdsAppid: false }),
    facts: factsOf({ isHeldElsewhere: true }),
    at: later(600_000),
    to: { waitsFor: 'OTHER_ROLLOUT', dueAt: later(1_200_000) },
  },
  ...[40164, 45035, 61004, 61011, 61028, 86008, 85014, 85043, 85044].map((errcode) => ({
    row: `A platform error ${errcode} gives PENDING with attempt + 1 and pauses the rollout`,
    target: running(),
    facts: failed({ errcode }),
    to: { state: 'PENDING' as const, attempt: 2, holdsAppid: true },
    move: { platformError: errorOf({ errcode }), stepResult: null },
  })),
  ...[null, later(1)].map((platformTokenSince) => ({
    row: `TOKEN_UNAVAILABLE is a platform error if the platform had no component token: ${platformTokenSince}`,
    target: running(),
    facts: failed({ reason: 'TOKEN_UNAVAILABLE' }),
    rollout: contextOf({ platformTokenSince }),
    to: { state: 'PENDING' as const, attempt: 2 },
    move: { platformError: errorOf({ reason: 'TOKEN_UNAVAILABLE' }) },
  })),
  {
    row: 'TOKEN_UNAVAILABLE is FAILED if the platform needs no component token',
    target: running(),
    facts: failed({ reason: 'TOKEN_UNAVAILABLE' }),
    rollout: contextOf({ platformTokenSince: undefined }),
    to: { state: 'FAILED' },
  },
  ...[86009, 86010].map((errcode) => ({
    row: `PENDING again, and the rollout pauses, after ${errcode}: the platform may not submit`,
    target: running({ step: 'SUBMIT_AUDIT' }),
    facts: failed({ errcode }),
    to: { state: 'PENDING' as const, attempt: 2 },
    move: { platformError: expect.objectContaining({ errcode }) as never },
  })),
  ...[{ reason: 'TOKEN_UNAVAILABLE' }].map((error) => ({
    row: `FAILED without a pause after ${JSON.stringify(error)}`,
    target: running(),
    facts: failed(error),
    to: { state: 'FAILED' as const },
    move: { platformError: null },
  })),
];

describe('advance', () => {
  it.each(ROWS)('$row', ({ target, facts, to, at = NOW, rollout = context, move = {} }) => {
    const moved = advance(target, facts, rollout, at);
    expect(moved.target).toMatchObject(to);
    expect(moved).toMatchObject(move);
  });
});
