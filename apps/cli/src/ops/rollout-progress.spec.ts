import { expect, it } from '@jest/globals';
import { isSuccess, lineOf, progressLines, type RolloutProgress } from './rollout-progress.js';

const count = (step: string, state: string, targets: number, waitsFor = 'UNSPECIFIED') =>
  ({
    step: `ROLLOUT_STEP_${step}`,
    state: `ROLLOUT_TARGET_STATE_${state}`,
    count: targets,
    waitsFor: `ROLLOUT_WAIT_${waitsFor}`,
  }) as RolloutProgress['counts'][number];

const ROLLOUT: RolloutProgress = {
  id: '01890a5d',
  spec: { name: 'October\u001b[2J', userVersion: '2.0.0' },
  state: 'ROLLOUT_STATE_RUNNING',
  holds: [{ cause: 'CAUSE_GATE', wave: 2, detail: '3 of 5 passed' } as RolloutProgress['holds'][number]],
  targets: 10,
  counts: [
    count('AUDIT', 'WAITING', 5, 'AUDIT'),
    count('VERIFY', 'SUCCEEDED', 4),
    count('COMMIT', 'FAILED', 1),
  ],
  waves: [],
  pauseDetail: '',
  stepsPerMinute: 12,
};

it('The progress fits its terminal and contains no control characters', () => {
  const lines = progressLines(ROLLOUT, 60);
  expect(lines).toEqual([
    'October\ufffd[2J 2.0.0  RUNNING  12 steps/min',
    `${'█'.repeat(15)}${'░'.repeat(15)}  5 of 10 ended`,
    `  ${'AUDIT WAITING (AUDIT)'.padEnd(40)} 5`,
    `  ${'VERIFY SUCCEEDED'.padEnd(40)} 4`,
    `  ${'COMMIT FAILED'.padEnd(40)} 1`,
    'held: GATE wave 2 3 of 5 passed',
  ]);
  expect(progressLines(ROLLOUT, 10).every((line) => line.length <= 10)).toBe(true);
  const wide = { ...ROLLOUT, spec: { name: '春季版发布', userVersion: '2.0.0' } };
  expect(progressLines(wide, 10)[0]).toBe('春季版发…');
});

it('A line has id, state, ended targets, all targets, the obstacle and the targets of each step and state', () => {
  const steps = 'AUDIT WAITING (AUDIT) 5; VERIFY SUCCEEDED 4; COMMIT FAILED 1';
  expect(lineOf(ROLLOUT)).toBe(`01890a5d\tRUNNING\t5\t10\theld: GATE wave 2 3 of 5 passed\t${steps}`);
  const paused: RolloutProgress = { ...ROLLOUT, state: 'ROLLOUT_STATE_PAUSED', pauseDetail: 'asked' };
  expect(lineOf(paused)).toBe(`01890a5d\tPAUSED\t5\t10\tpaused: asked\t${steps}`);
  expect(lineOf({ ...ROLLOUT, holds: [] })).toBe(`01890a5d\tRUNNING\t5\t10\t\t${steps}`);
});

it('A rollout succeeded if it is COMPLETED and all its targets have succeeded', () => {
  const completed: RolloutProgress = { ...ROLLOUT, state: 'ROLLOUT_STATE_COMPLETED' };
  expect(isSuccess(completed)).toBe(false);
  expect(isSuccess({ ...completed, counts: [count('VERIFY', 'SUCCEEDED', 10)] })).toBe(true);
  expect(isSuccess({ ...ROLLOUT, counts: [count('VERIFY', 'SUCCEEDED', 10)] })).toBe(false);
});
