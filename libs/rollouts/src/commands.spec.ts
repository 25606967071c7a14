import { describe, expect, it } from '@jest/globals';
import { advance } from './advance/advance.js';
import { cancelOf, retryOf, skipOf } from './commands.js';
import {
  contextOf,
  errorOf,
  factsOf,
  later,
  NOW,
  running,
  specOf,
  targetOf,
  waitingFor,
} from './fixtures/samples.js';
import type { Target } from './target.js';

const context = contextOf();

describe('SkipRolloutTargets and CancelRollout', () => {
  const WITHOUT_OPERATION = [targetOf(), waitingFor('AUDIT'), waitingFor('GRAY_PAUSE')];
  const WITH_OPERATION = [running(), waitingFor('OPERATION'), running({ state: 'IN_DOUBT' })];
  const ENDED = (['SUCCEEDED', 'SKIPPED', 'CANCELLED'] as const).map((state) => targetOf({ state }));

  it.each([...WITHOUT_OPERATION, targetOf({ state: 'FAILED' })])(
    '$state $waitsFor becomes SKIPPED with TAKEN_OUT',
    (target) => {
      expect(skipOf(target)?.target).toMatchObject({ state: 'SKIPPED', error: { reason: 'TAKEN_OUT' } });
    },
  );

  it.each(WITHOUT_OPERATION)('$state $waitsFor becomes CANCELLED', (target) => {
    expect(cancelOf(target)?.target).toMatchObject({ state: 'CANCELLED', completions: 1 });
  });

  it.each([...WITH_OPERATION, ...ENDED])('$state $waitsFor is neither skipped nor cancelled', (target) => {
    expect([skipOf(target), cancelOf(target)]).toEqual([undefined, undefined]);
  });
});

describe('RetryRollout', () => {
  const retry = (target: Target, from: Parameters<typeof retryOf>[1] = null) =>
    retryOf(target, from, context, NOW)?.target;
  const audit = (reason: string) =>
    targetOf({ step: 'AUDIT', state: 'FAILED', auditId: '5', error: errorOf({ reason }) });

  it.each(['FAILED', 'SKIPPED'] as const)(
    '%s becomes PENDING with attempt + 1 in the step that ended it',
    (state) => {
      const target = targetOf({ state, attempt: 3, part: 2, error: errorOf(), completions: 1 });
      expect(retry(target)).toMatchObject({
        state: 'PENDING',
        step: 'COMMIT',
        part: 0,
        attempt: 4,
        completions: 1,
        error: null,
      });
    },
  );

  it.each(['AUDIT_REJECTED', 'AUDIT_WITHDRAWN'])('%s is retried from SUBMIT_AUDIT', (reason) => {
    expect(retry(audit(reason))).toMatchObject({ step: 'SUBMIT_AUDIT', state: 'PENDING', auditId: null });
  });

  it('AUDIT_TIMEOUT continues to wait for the same audit, without a limit', () => {
    const waiting = retry(audit('AUDIT_TIMEOUT'));
    expect(waiting).toMatchObject({ step: 'AUDIT', waitsFor: 'AUDIT', auditId: '5', dueAt: NOW });
    const limited = contextOf({ spec: specOf({ audit: { timeout: { seconds: 1n, nanos: 0 } } }) });
    const open = {
      operationId: 'op-1',
      state: 'OPEN' as const,
      submittedAt: NOW,
      delayedAt: null,
      reason: '',
    };
    const target = { ...(waiting ?? targetOf()), auditOperationId: 'op-1' };
    expect(advance(target, factsOf({ audit: open }), limited, later(5_000)).target.state).toBe('WAITING');
  });

  it('A target that ended before the requested step is left as it is', () => {
    expect(retry(targetOf({ state: 'FAILED' }), 'RELEASE')).toBeUndefined();
  });

  it('A retry from COMMIT forgets the audit, the checks and the privacy check', () => {
    const target = { ...audit('AUDIT_REJECTED'), privacyAt: NOW, checkedItems: [] };
    expect(retry(target, 'COMMIT')).toMatchObject({
      step: 'COMMIT',
      auditId: null,
      privacyAt: null,
      checkedItems: null,
    });
  });

  it('A failed gray step is continued where it failed', () => {
    expect(retry(targetOf({ step: 'RELEASE', part: 2, state: 'FAILED' }))).toMatchObject({ part: 2 });
  });

  it('Only FAILED and SKIPPED targets are retried', () => {
    expect([running(), targetOf(), targetOf({ state: 'CANCELLED' })].map((t) => retry(t))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
