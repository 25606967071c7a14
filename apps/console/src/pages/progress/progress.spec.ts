import { expect, it } from '@jest/globals';
import { Rollout, RolloutGateType, RolloutWaveStatus } from '@wxa/contracts';
import { columns, columnsOf, parts, passed } from './progress.js';

const count = (step: string, state: string, number: number, waitsFor = '') => ({
  step: `ROLLOUT_STEP_${step}`,
  state: `ROLLOUT_TARGET_STATE_${state}`,
  count: number,
  ...(waitsFor && { waitsFor: `ROLLOUT_WAIT_${waitsFor}` }),
});

/** The second wave of the wireframe. */
const WAVE = RolloutWaveStatus.fromJSON({
  wave: 2,
  targets: 1000,
  counts: [
    count('AUDIT', 'WAITING', 87, 'AUDIT'),
    count('RELEASE', 'WAITING', 40, 'GRAY_PAUSE'),
    count('RELEASE', 'RUNNING', 4),
    count('RELEASE', 'WAITING', 2, 'OPERATION'),
    count('VERIFY', 'RUNNING', 3),
    count('VERIFY', 'SUCCEEDED', 841),
    count('COMMIT', 'FAILED', 12),
    count('AUDIT', 'FAILED', 9),
    count('RELEASE', 'IN_DOUBT', 1),
    count('COMMIT', 'SKIPPED', 1),
  ],
});
const rollout = (json: object) => Rollout.fromJSON(json);

it('Every target is in exactly one part of the bar and in one column of its wave', () => {
  expect(parts(WAVE.counts)).toEqual({
    ...{ succeeded: 841, inAudit: 87, running: 7, waiting: 42, failed: 21, inDoubt: 1, skipped: 1 },
    cancelled: 0,
  });
  expect(columns(WAVE.counts)).toMatchObject({
    ...{ AUDIT: 87, gray: 40, RELEASE: 6, VERIFY: 3, succeeded: 841, failed: 21, inDoubt: 1, skipped: 1 },
  });
  for (const numbers of [parts(WAVE.counts), columns(WAVE.counts)])
    expect(Object.values(numbers).reduce((sum, number) => sum + number)).toBe(WAVE.targets);
});

it('Only targets that are approved and wait for their gate are counted as approved', () => {
  const pending = RolloutWaveStatus.fromJSON({ counts: [count('RELEASE', 'PENDING', 5)] });
  expect(columns(pending.counts)).toMatchObject({ toRelease: 5, RELEASE: 0 });
});

it('A gate of submissions counts what is past the audit, a gate of releases only what has ended', () => {
  const of = (gate: 'SUBMIT' | 'RELEASE', isRollback = false) =>
    passed(WAVE, RolloutGateType[`ROLLOUT_GATE_TYPE_${gate}`], isRollback);
  expect(of('SUBMIT')).toBe(841 + 21 + 1 + 40 + 6 + 3 + 1);
  expect(of('RELEASE')).toBe(841 + 21 + 1);
  expect(of('SUBMIT', true)).toBe(of('RELEASE'));
});

it('The table has the columns of the steps of the rollout only', () => {
  const ends = ['succeeded', 'failed', 'inDoubt', 'skipped'];
  expect(columnsOf(rollout({ spec: { lastStep: 'ROLLOUT_STEP_COMMIT' } }))).toEqual(['COMMIT', ...ends]);
  expect(columnsOf(rollout({ spec: { firstStep: 'ROLLOUT_STEP_RELEASE' } }))).toEqual([
    ...['toRelease', 'RELEASE', 'VERIFY'],
    ...ends,
  ]);
  expect(columnsOf(rollout({ spec: {}, rollbackOf: 'x' }))).toEqual(['ROLL_BACK', 'VERIFY', ...ends]);
  expect(columnsOf(rollout({ spec: { release: { graySteps: [{ percentage: 5 }] } } }))).toContain('gray');
});
