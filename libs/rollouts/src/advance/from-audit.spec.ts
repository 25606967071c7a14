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
  step,
  succeeded,
  targetOf,
  waitingFor,
} from '../fixtures/samples.js';
import type { AuditFacts, Facts, Target } from '../target.js';
import { advance } from './advance.js';

const move = (target: Target, facts: Facts, context = contextOf(), now = NOW) =>
  advance(target, facts, context, now);
const to = (...args: Parameters<typeof move>) => move(...args).target;

describe('AUDIT', () => {
  const auditOf = (state: AuditFacts['state'], fields: Partial<AuditFacts> = {}): AuditFacts => ({
    operationId: 'op-0',
    state,
    submittedAt: NOW,
    delayedAt: null,
    reason: '',
    ...fields,
  });
  const waiting = waitingFor('AUDIT', { step: 'AUDIT', auditOperationId: 'op-0', auditId: '5' });
  const speedingUp = running({ step: 'AUDIT', auditOperationId: 'op-0', auditId: '5' });
  const verdict = (audit: AuditFacts) => factsOf({ audit });
  const limited = contextOf({ spec: specOf({ audit: { timeout: { seconds: 60n } } }) });

  it('Approved: RELEASE is PENDING', () => {
    const moved = move(waiting, verdict(auditOf('APPROVED')));
    expect(moved).toMatchObject({ stepResult: 'passed', target: { step: 'RELEASE', state: 'PENDING' } });
  });

  it('Approved with last_step AUDIT: SUCCEEDED', () => {
    const context = contextOf({ spec: specOf({ lastStep: step('AUDIT') }) });
    expect(to(waiting, verdict(auditOf('APPROVED')), context)).toMatchObject({
      step: 'AUDIT',
      state: 'SUCCEEDED',
    });
  });

  it('Delayed: stays, with audit_delayed', () => {
    const moved = move(waiting, verdict(auditOf('OPEN', { delayedAt: NOW })));
    expect(moved).toMatchObject({ change: 'moved', target: { waitsFor: 'AUDIT', auditDelayed: true } });
  });

  it.each([
    { state: 'REJECTED' as const, reason: 'AUDIT_REJECTED', errmsg: '1:标题:<br>' },
    { state: 'WITHDRAWN' as const, reason: 'AUDIT_WITHDRAWN', errmsg: 'the audit was withdrawn' },
  ])('$state: FAILED with $reason', ({ state, reason, errmsg }) => {
    const moved = move(waiting, verdict(auditOf(state, { reason: '1:标题:<br>' })));
    expect(moved).toMatchObject({
      stepResult: 'failed',
      target: { state: 'FAILED', error: { reason, errmsg } },
    });
  });

  it('Timeout, counted from the submission: FAILED with AUDIT_TIMEOUT', () => {
    const due = { ...waiting, dueAt: later(60_000) };
    expect(move(due, verdict(auditOf('OPEN')), limited, later(59_999)).change).toBe('none');
    expect(to(due, verdict(auditOf('OPEN')), limited, later(60_000))).toMatchObject({
      state: 'FAILED',
      error: { reason: 'AUDIT_TIMEOUT' },
    });
  });

  it('A verdict comes before the timeout', () => {
    expect(to(waiting, verdict(auditOf('APPROVED')), limited, later(90_000)).step).toBe('RELEASE');
  });

  it('The wait is looked at again after 3 days, or when the time limit is reached', () => {
    const entered = { ...waiting, dueAt: NOW };
    const days3 = later(3 * 86_400_000);
    expect(move(entered, verdict(auditOf('OPEN')))).toMatchObject({
      change: 'due',
      target: { dueAt: days3 },
    });
    expect(to(entered, verdict(auditOf('OPEN')), limited).dueAt).toEqual(later(60_000));
  });

  it('A verdict on another audit is stale', () => {
    expect(move(waiting, verdict(auditOf('REJECTED', { operationId: 'op-9' }))).change).toBe('none');
  });

  it.each([
    { title: 'succeeded', facts: succeeded(), effects: { speedUps: 1, isSpeedUpRefused: false } },
    { title: 'failed', facts: failed({ errcode: 89402 }), effects: { speedUps: 0, isSpeedUpRefused: false } },
    { title: 'met 89405', facts: failed({ errcode: 89405 }), effects: { isSpeedUpRefused: true } },
    { title: 'was not authorized', facts: failed({ errcode: 61003 }), effects: { speedUps: 0 } },
    {
      title: 'was cancelled',
      facts: factsOf({ operation: operationOf({ state: 'CANCELLED' }) }),
      effects: {},
    },
    { title: 'was deleted', facts: factsOf({ operation: 'deleted' }), effects: {} },
  ])('A speed-up that $title leads to WAITING(AUDIT)', ({ facts, effects }) => {
    const moved = move(speedingUp, facts);
    expect(moved).toMatchObject({ stepResult: null, ...effects });
    expect(moved.target).toMatchObject({ step: 'AUDIT', waitsFor: 'AUDIT', error: null });
  });

  it('The verdict that arrived during a speed-up counts', () => {
    expect(to(speedingUp, { ...succeeded(), audit: auditOf('APPROVED') }).step).toBe('RELEASE');
    expect(to(speedingUp, verdictWhileRunning('APPROVED')).state).toBe('RUNNING');
  });

  it('The verdict that arrives before the speed-up is admitted counts', () => {
    const pending = targetOf({ step: 'AUDIT', auditOperationId: 'op-0' });
    expect(to(pending, verdict(auditOf('APPROVED'))).step).toBe('RELEASE');
    expect(move(pending, verdict(auditOf('OPEN'))).change).toBe('none');
  });

  it('An audit that is decided when its submission is known is not sped up', () => {
    const spec = specOf({ waves: [{ size: { $case: 'rest', value: true }, speedUp: true }] });
    const submitted = (state: AuditFacts['state']) =>
      to(
        running({ step: 'SUBMIT_AUDIT' }),
        { ...succeeded({ auditId: '1' }), audit: auditOf(state, { operationId: 'op-1' }) },
        contextOf({ spec, canSpeedUp: true }),
      );
    expect(submitted('OPEN')).toMatchObject({ step: 'AUDIT', state: 'PENDING' });
    expect(submitted('APPROVED')).toMatchObject({ step: 'AUDIT', state: 'WAITING', dueAt: NOW });
  });

  const verdictWhileRunning = (state: AuditFacts['state']): Facts =>
    factsOf({ operation: operationOf(), audit: auditOf(state) });
});

describe('RELEASE', () => {
  const gray = {
    graySteps: [{ percentage: 10, pause: { seconds: 600n } }, { percentage: 50 }],
    firstReleaseToAll: true,
  };
  const context = contextOf({ spec: specOf({ release: gray }) });
  const releasing = (part: number, fields: Partial<Target> = {}) =>
    running({ step: 'RELEASE', part, ...fields });

  it.each([
    { title: 'succeeded', facts: succeeded() },
    { title: 'met 85082, share already reached', facts: failed({ errcode: 85082 }) },
  ])('A gray step that $title waits for its pause, then for the next step', ({ facts }) => {
    const paused = to(releasing(0), facts, context);
    expect(paused).toMatchObject({ part: 1, grayShare: 10, waitsFor: 'GRAY_PAUSE', dueAt: later(600_000) });
    expect(to(paused, factsOf(), context, later(600_000))).toMatchObject({ state: 'PENDING', part: 1 });
  });

  it('The last gray step without a pause leads to Release at once, and Release to VERIFY', () => {
    expect(to(releasing(1), succeeded(), context)).toMatchObject({ state: 'PENDING', part: 2 });
    const moved = move(releasing(2), succeeded(), context);
    expect(moved).toMatchObject({
      stepResult: 'passed',
      target: { step: 'VERIFY', isReleased: true, part: 0, waitsFor: 'VERIFY', dueAt: later(5_000) },
    });
  });

  it('85079 leads to Release at once if first_release_to_all is set', () => {
    expect(to(releasing(0), failed({ errcode: 85079 }), context)).toMatchObject({
      state: 'PENDING',
      part: 2,
      grayShare: null,
    });
  });

  it('85079 is SKIPPED with FIRST_RELEASE otherwise', () => {
    const spec = specOf({ release: { ...gray, firstReleaseToAll: false } });
    expect(to(releasing(0), failed({ errcode: 85079 }), contextOf({ spec }))).toMatchObject({
      state: 'SKIPPED',
      error: { reason: 'FIRST_RELEASE' },
    });
  });

  it.each([
    { errcode: 85019 },
    { errcode: 85020 },
    { errcode: 85052 },
    { errcode: 85080 },
    { reason: 'VERSION_MISMATCH' },
  ])('VERIFY decides about $errcode $reason, keeping the error', (error) => {
    const moved = move(releasing(2), failed(error), context);
    expect(moved.stepResult).toBeNull();
    expect(moved.target).toMatchObject({ step: 'VERIFY', waitsFor: 'VERIFY', error: errorOf(error) });
  });

  it('Without a step VERIFY these errors are FAILED', () => {
    const spec = specOf({ lastStep: step('RELEASE') });
    expect(to(releasing(0), failed({ errcode: 85052 }), contextOf({ spec })).state).toBe('FAILED');
  });

  it('A gray step whose result was deleted is repeated, a release is decided by VERIFY', () => {
    const deleted = factsOf({ operation: 'deleted' });
    expect(to(releasing(1), deleted, context)).toMatchObject({ step: 'RELEASE', part: 1, attempt: 2 });
    expect(to(releasing(2), deleted, context)).toMatchObject({ step: 'VERIFY', error: null });
  });
});

describe('VERIFY', () => {
  const looking = (part: number, error: Partial<ReturnType<typeof errorOf>> | null = null) =>
    running({ step: 'VERIFY', part, error: error && errorOf(error) });
  const live = (version: string) => succeeded({ release: { version } });
  const back = contextOf({ isRollback: true });

  it('The live version is ours: SUCCEEDED', () => {
    expect(to(looking(0), live('1.2.3'))).toMatchObject({ state: 'SUCCEEDED', isReleased: true });
    expect(to(looking(1, { errcode: 85052 }), live('1.2.3'))).toMatchObject({
      state: 'SUCCEEDED',
      error: null,
    });
  });

  it('In a rollback the live version is not ours: SUCCEEDED', () => {
    expect(to(looking(0), live('1.0'), back).state).toBe('SUCCEEDED');
    expect(to(looking(0), live('1.2.3'), back).waitsFor).toBe('VERIFY');
  });

  it('Looks are 5 s, 1 min, 5 min and 15 min after the step before', () => {
    const waits = [0, 1, 2].map((part) => to(looking(part), live('1.0')));
    expect(waits.map(({ part, dueAt }) => [part, dueAt])).toEqual([
      [1, later(55_000)],
      [2, later(240_000)],
      [3, later(600_000)],
    ]);
  });

  it('WAITING(VERIFY) is PENDING when it is due and keeps the error', () => {
    const target = waitingFor('VERIFY', { step: 'VERIFY', error: errorOf() });
    expect(to(target, factsOf(), contextOf(), later(600_000))).toMatchObject({
      state: 'PENDING',
      error: errorOf(),
    });
  });

  it.each([85052, 85080])('A kept %d is SKIPPED with RELEASED_BY_HAND at the second look', (errcode) => {
    expect(to(looking(0, { errcode }), live('1.0'))).toMatchObject({
      waitsFor: 'VERIFY',
      error: { errcode },
    });
    expect(to(looking(1, { errcode }), live('1.0'))).toMatchObject({
      state: 'SKIPPED',
      error: { reason: 'RELEASED_BY_HAND', errcode },
    });
  });

  it('Another kept error is FAILED with it at the second look', () => {
    const moved = move(looking(1, { reason: 'VERSION_MISMATCH' }), live('1.0'));
    expect(moved).toMatchObject({ stepResult: 'failed', target: { error: { reason: 'VERSION_MISMATCH' } } });
  });

  it('A kept error decides at the only look', () => {
    const once = contextOf({ waits: { privacyWaitMs: 0, verifyDelaysMs: [0] } });
    expect(to(looking(0, { errcode: 85020 }), live('1.0'), once).state).toBe('FAILED');
  });

  it('The last look shows the opposite: FAILED with NOT_LIVE, in a rollback STILL_LIVE', () => {
    const released = { ...looking(3), isReleased: true };
    expect(to(released, live('1.0'))).toMatchObject({ error: { reason: 'NOT_LIVE' }, isReleased: false });
    expect(to(looking(3), live('1.2.3'), back).error?.reason).toBe('STILL_LIVE');
  });

  it('An error in doubt does not take the place of a kept error', () => {
    const inDoubt = factsOf({ operation: operationOf({ state: 'IN_DOUBT', error: errorOf() }) });
    expect(to(looking(0), inDoubt)).toMatchObject({ state: 'IN_DOUBT', error: null });
    expect(to(looking(0, { errcode: 85052 }), inDoubt).error).toEqual(errorOf({ errcode: 85052 }));
  });

  it('A result that retention has deleted is read again with attempt + 1 and the kept error', () => {
    const target = to(looking(1, { errcode: 85052 }), factsOf({ operation: 'deleted' }));
    expect(target).toMatchObject({ state: 'PENDING', part: 1, attempt: 2, error: { errcode: 85052 } });
  });
});
