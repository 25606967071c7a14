import { describe, expect, it } from '@jest/globals';
import {
  contextOf,
  errorOf,
  factsOf,
  failed,
  NOW,
  running,
  specOf,
  succeeded,
  targetOf,
} from '../fixtures/samples.js';
import type { Facts, FirstTarget, Target } from '../target.js';
import { admission } from './admission.js';
import { advance } from './advance.js';

const to = (target: Target, facts: Facts, context = contextOf()) =>
  advance(target, facts, context, NOW).target;

describe('ROLL_BACK', () => {
  const firstOf = (fields: Partial<FirstTarget>): FirstTarget => ({
    step: 'VERIFY',
    state: 'SUCCEEDED',
    part: 0,
    auditId: '5',
    auditState: null,
    ...fields,
  });
  const back = (rollbackOptions = {}) => contextOf({ isRollback: true, spec: specOf({ rollbackOptions }) });
  const admit = (first: FirstTarget, context = back()) =>
    admission(targetOf({ step: 'ROLL_BACK' }), factsOf({ first }), context, NOW);
  const methodOf = (...args: Parameters<typeof admit>) => {
    const admitted = admit(...args);
    return admitted.kind === 'accept' ? admitted.request.method : admitted.move.target.error?.reason;
  };
  const open = firstOf({ step: 'AUDIT', state: 'CANCELLED', auditState: 'OPEN' });
  const rollingBack = (part: number) => running({ step: 'ROLL_BACK', part });

  it.each([
    { row: 'that reached VERIFY', first: firstOf({}), method: 'RevertRelease' },
    {
      row: 'whose last step RELEASE succeeded',
      first: firstOf({ step: 'RELEASE' }),
      method: 'RevertRelease',
    },
    {
      row: 'that reached a gray step',
      first: firstOf({ step: 'RELEASE', state: 'CANCELLED', part: 1 }),
      method: 'RevertGrayRelease',
    },
    { row: 'whose audit is open', first: open, method: 'NOTHING_TO_ROLL_BACK' },
    { row: 'that began only', first: firstOf({ step: 'COMMIT' }), method: 'NOTHING_TO_ROLL_BACK' },
  ])('A target $row: $method', ({ first, method }) => {
    expect(methodOf(first)).toBe(method);
  });

  it('An open audit is withdrawn if withdraw_audits is set', () => {
    expect(methodOf(open, back({ withdrawAudits: true }))).toBe('UndoAudit');
  });

  it('A released version stays if keep_released is set', () => {
    expect(methodOf(firstOf({}), back({ keepReleased: true }))).toBe('NOTHING_TO_ROLL_BACK');
  });

  it('Success leads to VERIFY', () => {
    expect(to(rollingBack(0), succeeded(), back())).toMatchObject({ step: 'VERIFY', waitsFor: 'VERIFY' });
  });

  it.each([{ reason: 'VERSION_MISMATCH' }, { errcode: 87012 }])('$reason $errcode: SKIPPED', (error) => {
    expect(to(rollingBack(0), failed(error), back())).toMatchObject({
      state: 'SKIPPED',
      error: errorOf(error),
    });
  });

  it('87011: RevertGrayRelease, then RevertRelease again', () => {
    const gray = to(rollingBack(0), failed({ errcode: 87011 }), back());
    expect(gray).toMatchObject({ state: 'PENDING', part: 1 });
    const again = to({ ...gray, state: 'RUNNING' }, succeeded(), back());
    expect(again).toMatchObject({ state: 'PENDING', part: 2 });
    expect(to({ ...again, state: 'RUNNING' }, failed({ errcode: 87011 }), back()).state).toBe('FAILED');
  });
});
