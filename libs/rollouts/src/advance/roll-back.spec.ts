import { describe, expect, it } from '@jest/globals';
import {
  contextOf,
  errorOf,
  factsOf,
  failed,
  NOW,
  operationOf,
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
    auditId: '5',
    grayShare: null,
    isReleased: true,
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
  const open = firstOf({ step: 'AUDIT', isReleased: false, auditState: 'OPEN' });
  const gray = firstOf({ step: 'RELEASE', isReleased: false, grayShare: 10 });
  const rollingBack = (part: number) => running({ step: 'ROLL_BACK', part });
  const ofRevertRelease = (error: Parameters<typeof errorOf>[0], first: FirstTarget) =>
    factsOf({
      operation: operationOf({ method: 'RevertRelease', state: 'FAILED', error: errorOf(error) }),
      first,
    });

  it.each([
    { row: 'that reached VERIFY', first: firstOf({ isReleased: false }), method: 'RevertRelease' },
    {
      row: 'whose last step RELEASE succeeded',
      first: firstOf({ step: 'RELEASE' }),
      method: 'RevertRelease',
    },
    { row: 'that reached a gray step', first: gray, method: 'RevertGrayRelease' },
    {
      row: 'that was retried from COMMIT after a gray step',
      first: { ...gray, step: 'COMMIT' as const },
      method: 'RevertGrayRelease',
    },
    {
      row: 'whose first release to all users failed',
      first: { ...gray, grayShare: null },
      method: 'NOTHING_TO_ROLL_BACK',
    },
    { row: 'whose audit is open', first: open, method: 'NOTHING_TO_ROLL_BACK' },
    {
      row: 'that began only',
      first: firstOf({ step: 'COMMIT', isReleased: false }),
      method: 'NOTHING_TO_ROLL_BACK',
    },
  ])('A target $row: $method', ({ first, method }) => {
    expect(methodOf(first)).toBe(method);
  });

  it('An open audit is withdrawn if withdraw_audits is set', () => {
    expect(methodOf(open, back({ withdrawAudits: true }))).toBe('UndoAudit');
  });

  it('An audit that has ended before its withdrawal leaves nothing to take back', () => {
    const undo = operationOf({ method: 'UndoAudit', state: 'FAILED', error: errorOf({ errcode: 85019 }) });
    const facts = factsOf({ operation: undo, first: open });
    expect(to(rollingBack(0), facts, back({ withdrawAudits: true }))).toMatchObject({
      state: 'SKIPPED',
      error: { reason: 'NOTHING_TO_ROLL_BACK', errcode: 85019 },
    });
  });

  it('A released version stays if keep_released is set', () => {
    expect(methodOf(firstOf({}), back({ keepReleased: true }))).toBe('NOTHING_TO_ROLL_BACK');
  });

  it('Success leads to VERIFY', () => {
    expect(to(rollingBack(0), succeeded(), back())).toMatchObject({ step: 'VERIFY', waitsFor: 'VERIFY' });
  });

  it.each([
    { error: { reason: 'VERSION_MISMATCH' }, what: 'Another live version' },
    { error: { errcode: 87012 }, what: 'No earlier version' },
  ])('$what is SKIPPED', ({ error }) => {
    expect(to(rollingBack(0), ofRevertRelease(error, firstOf({ grayShare: 50 })), back())).toMatchObject({
      state: 'SKIPPED',
      error: errorOf(error),
    });
  });

  it.each([
    { method: 'RevertGrayRelease', first: gray, part: 0 },
    { method: 'RevertGrayRelease', first: firstOf({}), part: 1 },
    { method: 'RevertRelease', first: firstOf({ isReleased: false, grayShare: 10 }), part: 0 },
    { method: 'UndoAudit', first: open, part: 0 },
  ])(
    'A precondition of $method that does not hold fails the target in part $part, and nothing follows',
    ({ method, first, part }) => {
      const error = errorOf({ reason: 'VERSION_MISMATCH' });
      const facts = factsOf({ operation: operationOf({ method, state: 'FAILED', error }), first });
      expect(to(rollingBack(part), facts, back())).toMatchObject({ state: 'FAILED', error });
    },
  );

  it('87011: RevertGrayRelease, then RevertRelease again', () => {
    const gray = to(rollingBack(0), failed({ errcode: 87011 }), back());
    expect(gray).toMatchObject({ state: 'PENDING', part: 1 });
    const again = to({ ...gray, state: 'RUNNING' }, succeeded(), back());
    expect(again).toMatchObject({ state: 'PENDING', part: 2 });
    expect(to({ ...again, state: 'RUNNING' }, failed({ errcode: 87011 }), back()).state).toBe('FAILED');
  });
});
