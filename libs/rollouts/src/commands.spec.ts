import { describe, expect, it } from '@jest/globals';
import { advance } from './advance/advance.js';
import { cancelOf, retryOf, skipOf } from './commands.js';
import {
  contextOf,
  errorOf,
  factsOf,
  later,
  NOW,
  operationOf,
  running,
  specOf,
  targetOf,
  waitingFor,
} from './fixtures/samples.js';
import type { AuditFacts, Facts, OperationFacts, Step, Target } from './target.js';

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
  const retry = (target: Target, from: Step | null = null, facts = factsOf()) =>
    retryOf({ target, facts, context, now: NOW }, from)?.target;
  const audit = (reason: string) =>
    targetOf({
      step: 'AUDIT',
      state: 'FAILED',
      auditId: '5',
      auditOperationId: 'op-1',
      error: errorOf({ reason }),
    });
  const auditOf = (state: AuditFacts['state']) => ({
    ...{ operationId: 'op-1', state, submittedAt: NOW, delayedAt: null, reason: '' },
  });
  const withAudit = (state: AuditFacts['state']) => factsOf({ audit: auditOf(state) });
  const limited = contextOf({ spec: specOf({ audit: { timeout: { seconds: 1n, nanos: 0 } } }) });

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

  it.each(['REJECTED', 'WITHDRAWN'] as const)(
    'A %s audit is retried from SUBMIT_AUDIT, also after the target was taken out',
    (state) => {
      const submitting = { step: 'SUBMIT_AUDIT', state: 'PENDING', auditId: null };
      const ended = audit(`AUDIT_${state}`);
      for (const target of [ended, skipOf(ended)?.target ?? ended])
        expect(retry(target, null, withAudit(state))).toMatchObject(submitting);
      expect(retry(ended)).toMatchObject(submitting);
    },
  );

  it('AUDIT_TIMEOUT continues to wait for the same audit, without a limit', () => {
    const waiting = retry(audit('AUDIT_TIMEOUT'));
    expect(waiting).toMatchObject({ step: 'AUDIT', waitsFor: 'AUDIT', auditId: '5', dueAt: NOW });
    const target = waiting ?? targetOf();
    expect(advance(target, withAudit('OPEN'), limited, later(5_000)).target.state).toBe('WAITING');
  });

  it('A target that was taken out and whose limit is over waits for its audit without one', () => {
    const target = skipOf(audit('AUDIT_TIMEOUT'))?.target ?? targetOf();
    const retried = (ms: number) => {
      const situation = { facts: withAudit('OPEN'), context: limited, now: later(ms) };
      const waiting = retryOf({ ...situation, target }, null)?.target ?? targetOf();
      return advance(waiting, situation.facts, limited, later(5_000)).target;
    };
    expect(retried(1_000)).toMatchObject({ state: 'WAITING', waitsFor: 'AUDIT', auditId: '5' });
    expect(retried(999)).toMatchObject({ state: 'FAILED', error: { reason: 'AUDIT_TIMEOUT' } });
  });

  it.each(['COMMIT', 'RELEASE'] as const)('A release stays known after a retry from %s', (from) => {
    const released = targetOf({ step: 'VERIFY', state: 'SKIPPED', isReleased: true, grayShare: 50 });
    expect(retry(released, from)).toMatchObject({ step: from, isReleased: true, grayShare: 50 });
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

  describe('of a target that was taken out in the pause after a gray step', () => {
    const graySteps = [{ percentage: 10, pause: { seconds: 600n } }, { percentage: 50 }];
    const gray = contextOf({ spec: specOf({ release: { graySteps } }) });
    const takenOut = targetOf({ step: 'RELEASE', part: 1, state: 'SKIPPED', operationId: 'op-1' });
    const operation = (fields: Partial<OperationFacts>) =>
      factsOf({ operation: operationOf({ method: 'GrayRelease', ...fields }) });
    const retried = (facts: Facts, ms: number) =>
      retryOf({ target: takenOut, facts, context: gray, now: later(ms) }, null)?.target;

    it.each([
      { title: 'succeeded', facts: operation({ state: 'SUCCEEDED' }) },
      { title: 'met 85082', facts: operation({ state: 'FAILED', error: errorOf({ errcode: 85082 }) }) },
    ])('The next step waits for what is left of the pause after one that $title', ({ facts }) => {
      expect(retried(facts, 1_000)).toMatchObject({
        ...{ step: 'RELEASE', part: 1, state: 'WAITING', waitsFor: 'GRAY_PAUSE', dueAt: later(600_000) },
      });
      expect(retried(facts, 600_000)).toMatchObject({ part: 1, state: 'PENDING', dueAt: null });
    });

    it.each([
      { title: 'its own refusal', facts: operation({ state: 'FAILED', error: errorOf({ errcode: 85013 }) }) },
      { title: 'an operation that was deleted', facts: factsOf({ operation: 'deleted' }) },
    ])('The next step waits for nothing after $title', ({ facts }) => {
      expect(retried(facts, 1_000)).toMatchObject({ part: 1, state: 'PENDING', dueAt: null });
    });
  });

  it('Only FAILED and SKIPPED targets are retried', () => {
    expect([running(), targetOf(), targetOf({ state: 'CANCELLED' })].map((t) => retry(t))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
