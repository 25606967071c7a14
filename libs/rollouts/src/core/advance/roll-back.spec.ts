import { describe, expect, it } from '@jest/globals';
import { retryOf } from '../commands.js';
import {
  contextOf,
  errorOf,
  factsOf,
  failed,
  inWords,
  NOW,
  operationOf,
  running,
  specOf,
  succeeded,
  targetOf,
} from '../fixtures/samples.js';
import type { FirstTarget, Target, TargetFacts } from '../target.js';
import { admission } from './admission.js';
import { advance } from './advance.js';

describe('ROLL_BACK', () => {
  const back = (rollbackOptions = {}) => contextOf({ isRollback: true, spec: specOf({ rollbackOptions }) });
  const firstOf = (fields: Partial<FirstTarget>): FirstTarget => ({
    ...{ step: 'VERIFY', auditId: '5', grayShare: null, isReleased: true, auditState: null, ...fields },
  });
  const open = firstOf({ step: 'AUDIT', isReleased: false, auditState: 'OPEN' });
  const gray = firstOf({ step: 'RELEASE', isReleased: false, grayShare: 10 });
  const rollingBack = (part: number) => running({ step: 'ROLL_BACK', part });
  const move = (target: Target, facts: TargetFacts, context = back()) => advance(target, facts, context, NOW);
  const go = (...args: Parameters<typeof move>) => inWords(move(...args));
  const refused = (method: string, error: Parameters<typeof errorOf>[0], first: FirstTarget) =>
    factsOf({ operation: operationOf({ method, state: 'FAILED', error: errorOf(error) }), first });
  const admit = (first: FirstTarget, options = {}) =>
    admission(targetOf({ step: 'ROLL_BACK' }), factsOf({ first }), back(options), NOW);
  const methodOf = (...args: Parameters<typeof admit>) => {
    const admitted = admit(...args);
    return admitted.kind === 'accept' ? admitted.request.method : admitted.move.target.error?.reason;
  };

  it.each<[string, FirstTarget, string]>([
    ['that reached VERIFY', firstOf({ isReleased: false }), 'RevertRelease'],
    ['whose last step RELEASE succeeded', firstOf({ step: 'RELEASE' }), 'RevertRelease'],
    ['that reached a gray step', gray, 'RevertGrayRelease'],
    ['whose first release to all users failed', { ...gray, grayShare: null }, 'NOTHING_TO_ROLL_BACK'],
    ['whose audit is open', open, 'NOTHING_TO_ROLL_BACK'],
    ['that began only', firstOf({ step: 'COMMIT', isReleased: false }), 'NOTHING_TO_ROLL_BACK'],
  ])('A target %s: %s', (_what, first, method) => {
    expect(methodOf(first)).toBe(method);
  });

  it('The gray release of a target that was retried from COMMIT is ended only while its audit is the latest one', () => {
    const target = targetOf({ step: 'RELEASE', state: 'FAILED', auditId: '5', grayShare: 10 });
    const move = retryOf({ target, facts: factsOf(), context: contextOf(), now: NOW }, 'COMMIT');
    const request = { method: 'RevertGrayRelease', request: { expectedAuditId: '5' } };
    expect(admit(firstOf(move?.target ?? {}))).toMatchObject({ kind: 'accept', request });
  });

  it('An open audit is withdrawn if withdraw_audits is set, unless it has ended before', () => {
    const options = { withdrawAudits: true };
    expect(methodOf(open, options)).toBe('UndoAudit');
    const ended = go(rollingBack(0), refused('UndoAudit', { errcode: 85019 }, open), back(options));
    expect(ended).toBe('ROLL_BACK SKIPPED NOTHING_TO_ROLL_BACK 85019');
  });

  it('A released version stays if keep_released is set', () => {
    expect(methodOf(firstOf({}), { keepReleased: true })).toBe('NOTHING_TO_ROLL_BACK');
  });

  it('Success leads to VERIFY', () => {
    expect(go(rollingBack(0), succeeded())).toBe('VERIFY WAITING for VERIFY until 5 s, passed');
  });

  it.each([
    ['Another live version', { reason: 'VERSION_MISMATCH' }],
    ['No earlier version', { errcode: 87012 }],
  ])('%s is SKIPPED', (_what, error) => {
    const { target } = move(rollingBack(0), refused('RevertRelease', error, firstOf({ grayShare: 50 })));
    expect(target).toMatchObject({ state: 'SKIPPED', error: errorOf(error) });
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
      const { target } = move(rollingBack(part), refused(method, error, first));
      expect(target).toMatchObject({ state: 'FAILED', error });
    },
  );

  it('87011: RevertGrayRelease, then RevertRelease again', () => {
    const busy = failed({ errcode: 87011 });
    const parts = [go(rollingBack(0), busy), go(rollingBack(1), succeeded()), go(rollingBack(2), busy)];
    expect(parts).toEqual([
      'ROLL_BACK.1 PENDING',
      'ROLL_BACK.2 PENDING',
      'ROLL_BACK.2 FAILED WECHAT_87011, failed',
    ]);
  });
});
