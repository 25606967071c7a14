import { expect, it } from '@jest/globals';
import type { Count } from '../types.js';
import { grayShare, partsOf, passed, stepsOf, unfinished } from './segments.js';

const count = (step: string, state: string, count: number, wait?: string) =>
  ({
    step: `ROLLOUT_STEP_${step}`,
    state: `ROLLOUT_TARGET_STATE_${state}`,
    count,
    ...(wait && { waitsFor: `ROLLOUT_WAIT_${wait}` }),
  }) as Count;
const FORWARD = { spec: {}, rollbackOf: '' } as Parameters<typeof partsOf>[0];

it('A bar shows each target in the part that says what it does, from the last step to those that have not begun', () => {
  const counts = [
    count('COMMIT', 'PENDING', 40),
    count('COMMIT', 'RUNNING', 3),
    count('CHECK', 'PENDING', 2),
    count('SUBMIT_AUDIT', 'WAITING', 10, 'PRIVACY_CHECK'),
    count('SUBMIT_AUDIT', 'WAITING', 1, 'OPEN_AUDIT'),
    count('AUDIT', 'WAITING', 7, 'AUDIT'),
    count('RELEASE', 'PENDING', 6),
    count('RELEASE', 'WAITING', 5, 'GRAY_PAUSE'),
    count('VERIFY', 'WAITING', 4, 'VERIFY'),
    count('VERIFY', 'SUCCEEDED', 20),
    count('AUDIT', 'FAILED', 2),
  ];
  expect(partsOf(FORWARD, counts).map(({ segment, count }) => [segment, count])).toEqual([
    ['succeeded', 20],
    ['verifying', 4],
    ['gray', 5],
    ['approved', 6],
    ['inAudit', 7],
    ['privacyCheck', 10],
    ['preparing', 5],
    ['waitsForAudit', 1],
    ['failed', 2],
    ['notStarted', 40],
  ]);
});

it('The filter of a part has the states and steps of its targets, and that of an end only the state', () => {
  const counts = [count('COMMIT', 'RUNNING', 3), count('CHECK', 'PENDING', 2), count('AUDIT', 'FAILED', 2)];
  expect(partsOf(FORWARD, counts).map(({ filter }) => filter)).toEqual([
    {
      states: ['ROLLOUT_TARGET_STATE_RUNNING', 'ROLLOUT_TARGET_STATE_PENDING'],
      steps: ['ROLLOUT_STEP_COMMIT', 'ROLLOUT_STEP_CHECK'],
    },
    { states: ['ROLLOUT_TARGET_STATE_FAILED'] },
  ]);
});

it('A rollback has not begun with the targets that are pending in its first step', () => {
  const counts = [count('ROLL_BACK', 'PENDING', 3), count('ROLL_BACK', 'RUNNING', 1)];
  const rollback = { ...FORWARD, rollbackOf: 'x' };
  expect(partsOf(rollback, counts).map(({ segment }) => segment)).toEqual(['rollingBack', 'notStarted']);
  expect(stepsOf(rollback)).toEqual(['ROLL_BACK', 'VERIFY']);
});

it.each([
  [{}, ['COMMIT', 'CHECK', 'SUBMIT_AUDIT', 'AUDIT', 'RELEASE', 'VERIFY']],
  [{ lastStep: 'ROLLOUT_STEP_CHECK' }, ['COMMIT', 'CHECK']],
  [{ firstStep: 'ROLLOUT_STEP_RELEASE' }, ['RELEASE', 'VERIFY']],
  [{ continuous: {}, lastStep: 'ROLLOUT_STEP_SETTINGS' }, ['READINESS', 'COMMIT', 'SETTINGS']],
  [{ settings: {}, lastStep: 'ROLLOUT_STEP_SETTINGS' }, ['COMMIT', 'SETTINGS']],
] as const)('A rollout of the specification %p has the steps %p', (spec, steps) => {
  expect(stepsOf({ spec, rollbackOf: '' } as never)).toEqual(steps);
});

it('Targets past the audit no longer hold the next submit gate, but hold the release gate until they end', () => {
  const counts = [
    count('RELEASE', 'PENDING', 3),
    count('AUDIT', 'FAILED', 2),
    count('AUDIT', 'WAITING', 1, 'AUDIT'),
  ];
  const [submit, release] = ['ROLLOUT_GATE_TYPE_SUBMIT', 'ROLLOUT_GATE_TYPE_RELEASE'];
  expect([passed(counts, submit ?? '', false), passed(counts, release ?? '', false)]).toEqual([5, 2]);
  expect(passed(counts, submit ?? '', true)).toBe(2);
  expect(unfinished(counts)).toBe(4);
});

it('The share of a gray release is a range if it has several steps', () => {
  const steps = (...shares: number[]) =>
    ({ release: { graySteps: shares.map((percentage) => ({ percentage })) } }) as never;
  expect([steps(), steps(10), steps(10, 50)].map(grayShare)).toEqual(['', '10%', '10–50%']);
});
