import { describe, expect, it } from '@jest/globals';
import { advance } from './advance/advance.js';
import { cancelOf, retryOf, skipOf } from './commands.js';
import {
  contextOf,
  errorOf,
  factsOf,
  later,
  NEEDED,
  NOW,
  operationOf,
  running,
  specOf,
  targetOf,
  waitingFor,
} from './fixtures/samples.js';
import type { AuditFacts, OperationFacts, Step, Target, TargetFacts } from './target.js';

const context = contextOf();

describe('SkipRolloutTargets and CancelRollout', () => {
  const WITHOUT_OPERATION = [targetOf(), waitingFor('AUDIT'), waitingFor('GRAY_PAUSE')];
  const WITH_OPERATION = [running(), waitingFor('OPERATION'), running({ state: 'IN_DOUBT' })];
  const ENDED = (['SUCCEEDED', 'SKIPPED', 'CANCELLED'] as const).map((state) => targetOf({ state }));

  const takenOut = { target: { state: 'SKIPPED', error: { reason: 'TAKEN_OUT' } } };

  it.each(WITHOUT_OPERATION)('$state $waitsFor becomes SKIPPED with TAKEN_OUT, or CANCELLED', (target) => {
    expect(skipOf(target)).toMatchObject(takenOut);
    expect(cancelOf(target)).toMatchObject({ target: { state: 'CANCELLED', completions: 1 } });
  });

  it('FAILED becomes SKIPPED with TAKEN_OUT', () => {
    expect(skipOf(targetOf({ state: 'FAILED' }))).toMatchObject(takenOut);
  });

  it.each([...WITH_OPERATION, ...ENDED])('$state $waitsFor is neither skipped nor cancelled', (target) => {
    expect([skipOf(target), cancelOf(target)]).toEqual([undefined, undefined]);
  });
});

describe('RetryRollout', () => {
  const retried = (target: Target, from: Step | null = null, facts = factsOf()) =>
    retryOf({ target, facts, context, now: NOW }, from)?.target;
  const retry = (...args: Parameters<typeof retried>) => retried(...args) ?? targetOf({ state: 'FAILED' });
  const known = { auditId: '5', auditOperationId: 'op-1' };
  const audit = (reason: string) =>
    targetOf({ step: 'AUDIT', state: 'FAILED', error: errorOf({ reason }), ...known });
  const withAudit = (state: AuditFacts['state']) =>
    factsOf({ audit: { operationId: 'op-1', state, submittedAt: NOW, delayedAt: null, reason: '' } });
  const limited = contextOf({ spec: specOf({ audit: { timeout: { seconds: 1n, nanos: 0 } } }) });
  const takenOut = (target: Target) => skipOf(target)?.target ?? target;

  it.each(['FAILED', 'SKIPPED'] as const)(
    '%s becomes PENDING with attempt + 1 in the step that ended it',
    (state) => {
      const target = targetOf({ state, attempt: 3, part: 2, error: errorOf(), completions: 1 });
      const pending = { state: 'PENDING', step: 'COMMIT', part: 0, attempt: 4, completions: 1, error: null };
      expect(retry(target)).toMatchObject(pending);
    },
  );

  it.each(['REJECTED', 'WITHDRAWN'] as const)(
    'A %s audit is retried from SUBMIT_AUDIT, also after the target was taken out',
    (state) => {
      const submitting = { step: 'SUBMIT_AUDIT', state: 'PENDING', auditId: null };
      const ended = audit(`AUDIT_${state}`);
      for (const target of [ended, takenOut(ended)])
        expect(retry(target, null, withAudit(state))).toMatchObject(submitting);
      expect(retry(ended)).toMatchObject(submitting);
      const again = { ...withAudit(state), isAuthorizedAgain: true, settings: NEEDED };
      const context = contextOf({ spec: specOf({ settings: {} }) });
      const restarted = retryOf({ target: ended, facts: again, context, now: NOW }, null)?.target;
      expect(restarted).toMatchObject({ step: 'SETTINGS', state: 'PENDING', auditId: null });
    },
  );

  it('AUDIT_TIMEOUT continues to wait for the same audit, without a limit', () => {
    const waiting = retry(audit('AUDIT_TIMEOUT'), null, withAudit('OPEN'));
    expect(waiting).toMatchObject({ step: 'AUDIT', waitsFor: 'AUDIT', auditId: '5', dueAt: NOW });
    expect(advance(waiting, withAudit('OPEN'), limited, later(5_000)).target.state).toBe('WAITING');
  });

  it.each(['AUDIT_TIMEOUT', 'TAKEN_OUT'])(
    'A target that ended with %s is retried from SUBMIT_AUDIT if its audit was deleted',
    (reason) => {
      const submitting = { step: 'SUBMIT_AUDIT', state: 'PENDING', auditId: null, auditOperationId: null };
      expect(retry(audit(reason), null, factsOf({ audit: null }))).toMatchObject(submitting);
    },
  );

  it('A target that was taken out and whose limit is over waits for its audit without one', () => {
    const target = takenOut(audit('AUDIT_TIMEOUT'));
    const after = (ms: number) => {
      const facts = withAudit('OPEN');
      const waiting = retryOf({ target, facts, context: limited, now: later(ms) }, null)?.target;
      return advance(waiting ?? target, facts, limited, later(5_000)).target;
    };
    expect(after(1_000)).toMatchObject({ state: 'WAITING', waitsFor: 'AUDIT', auditId: '5' });
    expect(after(999)).toMatchObject({ state: 'FAILED', error: { reason: 'AUDIT_TIMEOUT' } });
  });

  it.each(['COMMIT', 'RELEASE'] as const)('A release stays known after a retry from %s', (from) => {
    const released = targetOf({ step: 'VERIFY', state: 'SKIPPED', isReleased: true, grayShare: 50 });
    expect(retry(released, from)).toMatchObject({ step: from, isReleased: true, grayShare: 50 });
  });

  it.each(['COMMIT', 'SUBMIT_AUDIT'] as const)(
    'A retry from %s keeps the id of the audit while its gray release may be left, and nothing else of it',
    (from) => {
      const gray = targetOf({
        step: 'RELEASE',
        state: 'FAILED',
        grayShare: 10,
        auditDelayed: true,
        ...known,
      });
      const kept = { auditId: '5', auditOperationId: null, auditDelayed: false };
      expect(retry(gray, from)).toMatchObject(kept);
      expect(retry({ ...gray, isReleased: true }, from)).toMatchObject({ ...kept, auditId: null });
    },
  );

  it('A retry from COMMIT forgets the audit, the checks and the privacy check', () => {
    const target = { ...audit('AUDIT_REJECTED'), privacyAt: NOW, checkedItems: [] };
    const forgotten = { step: 'COMMIT', auditId: null, privacyAt: null, checkedItems: null };
    expect(retry(target, 'COMMIT')).toMatchObject(forgotten);
  });

  it('A failed gray step is continued where it failed', () => {
    expect(retry(targetOf({ step: 'RELEASE', part: 2, state: 'FAILED' }))).toMatchObject({ part: 2 });
  });

  describe('of a target that was taken out in the pause after a gray step', () => {
    const graySteps = [{ percentage: 10, pause: { seconds: 600n } }, { percentage: 50 }];
    const gray = contextOf({ spec: specOf({ release: { graySteps } }) });
    const target = targetOf({ step: 'RELEASE', part: 1, state: 'SKIPPED', operationId: 'op-1' });
    const facts = (operation: Partial<OperationFacts>) =>
      factsOf({ operation: operationOf({ method: 'GrayRelease', state: 'FAILED', ...operation }) });
    const after = (facts: TargetFacts, ms: number) =>
      retryOf({ target, facts, context: gray, now: later(ms) }, null)?.target;
    const pending = { step: 'RELEASE', part: 1, state: 'PENDING', dueAt: null };

    it.each([
      ['succeeded', facts({ state: 'SUCCEEDED' })],
      ['met 85082', facts({ error: errorOf({ errcode: 85082 }) })],
    ])('The next step waits for what is left of the pause after one that %s', (_what, facts) => {
      const waiting = { ...pending, state: 'WAITING', waitsFor: 'GRAY_PAUSE', dueAt: later(600_000) };
      expect(after(facts, 1_000)).toMatchObject(waiting);
      expect(after(facts, 600_000)).toMatchObject(pending);
    });

    it.each([
      ['its own refusal', facts({ error: errorOf({ errcode: 85013 }) })],
      ['an operation that was deleted', factsOf({ operation: 'deleted' })],
    ])('The next step waits for nothing after %s', (_what, facts) => {
      expect(after(facts, 1_000)).toMatchObject(pending);
    });
  });

  it('Only FAILED and SKIPPED targets are retried, and none that ended before the requested step', () => {
    const others = [running(), targetOf(), targetOf({ state: 'CANCELLED' })];
    expect(others.map((target) => retried(target))).toEqual(Array(3).fill(undefined));
    expect(retried(targetOf({ state: 'FAILED' }), 'RELEASE')).toBeUndefined();
  });
});
