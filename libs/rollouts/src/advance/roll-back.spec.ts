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
  specOf,
  succeeded,
  targetOf,
} from '../fixtures/samples.js';
import { requestOf } from '../requests/request-of.js';
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
    updatedAt: NOW,
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

  it.each([{ reason: 'VERSION_MISMATCH' }, { errcode: 87012 }])('$reason $errcode: SKIPPED', (error) => {
    expect(to(rollingBack(0), failed(error), back())).toMatchObject({
      state: 'SKIPPED',
      error: errorOf(error),
    });
  });

  describe('LOOK_AT_GRAY', () => {
    const left = firstOf({ isReleased: false, grayShare: 10 });
    const plan = { status: 'GRAY_RELEASE_STATUS_RUNNING', createTime: NOW.toISOString(), percentage: 10 };
    const looked = (fields: object, first = left) => {
      const facts = { ...succeeded({ plan: { ...plan, ...fields } }), first };
      return to(rollingBack(3), facts, back());
    };

    it.each([left, gray])(
      'After VERSION_MISMATCH the gray release is looked at, and ended if it is ours',
      (first) => {
        const look = to(rollingBack(0), { ...failed({ reason: 'VERSION_MISMATCH' }), first }, back());
        expect(look).toMatchObject({ state: 'PENDING', part: 3 });
        const revert = looked({}, first);
        expect(revert).toMatchObject({ state: 'PENDING', part: 4 });
        expect(requestOf(look, back(), first)?.method).toBe('GetGrayReleasePlan');
        expect(requestOf(revert, back(), first)).toMatchObject({
          method: 'RevertGrayRelease',
          request: expect.not.objectContaining({ expectedAuditId: expect.anything() }),
        });
        expect(to({ ...revert, state: 'RUNNING' }, succeeded(), back()).step).toBe('VERIFY');
      },
    );

    it.each([
      { status: 'GRAY_RELEASE_STATUS_DELETED' },
      { percentage: 20 },
      { createTime: later(1_000).toISOString() },
    ])('A gray release that differs by %j is not ours and stays', (fields) => {
      expect(looked(fields)).toMatchObject({ state: 'SKIPPED', error: { reason: 'NOTHING_TO_ROLL_BACK' } });
    });

    it('VERSION_MISMATCH after the release to all users is SKIPPED', () => {
      const facts = { ...failed({ reason: 'VERSION_MISMATCH' }), first: firstOf({ grayShare: 50 }) };
      expect(to(rollingBack(0), facts, back()).state).toBe('SKIPPED');
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
