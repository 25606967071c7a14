import { expect, it } from '@jest/globals';
import type { Rollout } from '../types.js';
import { numbersOf, possibleWith } from './possible.js';

const rollout = (state: string, more: object = {}) =>
  ({
    ...{ rolledBackBy: '', rollbackOf: '', open: false, counts: [], state: `ROLLOUT_STATE_${state}` },
    ...more,
  }) as unknown as Rollout;
const can = (state: string, more = {}) =>
  Object.entries(possibleWith(rollout(state, more)))
    .filter(([, is]) => is)
    .map(([name]) => name);
const count = (step: string, state: string, count: number, waitsFor = 'UNSPECIFIED') => ({
  step: `ROLLOUT_STEP_${step}`,
  state: `ROLLOUT_TARGET_STATE_${state}`,
  waitsFor: `ROLLOUT_WAIT_${waitsFor}`,
  count,
});

it.each([
  ['DRAFT', ['cancel', 'skip', 'copy']],
  ['RUNNING', ['pause', 'cancel', 'rollBack', 'retry', 'skip', 'advance', 'copy']],
  ['PAUSED', ['resume', 'cancel', 'rollBack', 'retry', 'skip', 'advance', 'copy']],
  ['CANCELLING', ['rollBack', 'copy']],
  ['CANCELLED', ['rollBack', 'copy']],
  ['COMPLETED', ['rollBack', 'retry', 'copy']],
])('A rollout that is %s offers %p', (state, actions) => {
  expect(can(state)).toEqual(actions);
});

it('Neither a rollback nor what was rolled back is rolled back, a rollback is not copied, and only an open rollout is closed', () => {
  expect(can('COMPLETED', { rolledBackBy: 'x' })).toEqual(['retry', 'copy']);
  expect(can('COMPLETED', { rollbackOf: 'x' })).toEqual(['retry']);
  expect(can('PAUSED', { open: true })).toContain('close');
});

it('A rollout with failures offers another one over them', () => {
  expect(can('CANCELLED', { counts: [count('AUDIT', 'FAILED', 1)] })).toContain('overFailed');
});

it('Confirmations count what a cancellation ends and what a rollback takes back', () => {
  const counts = [
    count('COMMIT', 'PENDING', 40),
    count('AUDIT', 'WAITING', 7, 'AUDIT'),
    count('RELEASE', 'PENDING', 6),
    count('RELEASE', 'WAITING', 5, 'GRAY_PAUSE'),
    count('VERIFY', 'RUNNING', 4),
    count('COMMIT', 'IN_DOUBT', 1),
    count('VERIFY', 'SUCCEEDED', 20),
  ];
  expect(numbersOf(rollout('RUNNING', { counts }))).toEqual({
    ...{ unfinished: 63, cancelled: 62, audits: 7, approved: 6, succeeded: 20, released: 24, gray: 5 },
  });
});
