import { describe, expect, it } from '@jest/globals';
import { RolloutAudit_OnOpenAudit as OnOpenAudit } from '@wxa/contracts';
import {
  CHECKED,
  contextOf,
  errorOf,
  factsOf,
  failed,
  ITEM,
  later,
  NOW,
  running,
  specOf,
  step,
  succeeded,
  targetOf,
  waitingFor,
} from '../fixtures/samples.js';
import type { Facts, Target } from '../target.js';
import { advance } from './advance.js';

const checked = contextOf({ spec: specOf(CHECKED) });
const move = (target: Target, facts: Facts, context = checked, now = NOW) =>
  advance(target, facts, context, now);
const to = (...args: Parameters<typeof move>) => move(...args).target;

describe('COMMIT', () => {
  it('Success sets privacy_at to its end + 75 s and makes CHECK PENDING', () => {
    expect(to(running(), succeeded())).toMatchObject({
      step: 'CHECK',
      state: 'PENDING',
      privacyAt: later(75_000),
    });
  });

  it('Success without anything to check waits for the privacy check in SUBMIT_AUDIT', () => {
    expect(to(running(), succeeded(), contextOf())).toMatchObject({
      step: 'SUBMIT_AUDIT',
      waitsFor: 'PRIVACY_CHECK',
      dueAt: later(75_000),
    });
  });

  it('Success is SUCCEEDED if last_step is COMMIT', () => {
    const spec = specOf({ lastStep: step('COMMIT') });
    expect(to(running(), succeeded(), contextOf({ spec })).state).toBe('SUCCEEDED');
  });

  it('A result that retention has deleted is FAILED, because its outcome is unknown', () => {
    expect(to(running(), factsOf({ operation: 'deleted' })).error?.reason).toBe('UNCLEAR');
  });
});

describe('CHECK', () => {
  const at = (part: number, fields: Partial<Target> = {}) =>
    running({ step: 'CHECK', part, privacyAt: later(75_000), ...fields });
  const PAGES = { pages: ['pages/index/index', 'pages/b'] };
  const CATEGORY = {
    firstClass: 'a',
    firstId: 1,
    secondClass: 'b',
    secondId: 2,
    thirdClass: 'c',
    thirdId: 3,
  };
  const OTHER = { firstClass: 'x', firstId: 8, secondClass: 'y', secondId: 9 };

  it('BASELINE records the live version', () => {
    expect(to(at(0), succeeded({ release: { version: '1.0' } }))).toMatchObject({
      baselineVersion: '1.0',
      part: 1,
      state: 'PENDING',
    });
  });

  it('A failed BASELINE query is ignored', () => {
    expect(to(at(0), failed({ errcode: 85013 }))).toMatchObject({ part: 1, state: 'PENDING' });
  });

  it('Another failed query is FAILED with its error', () => {
    expect(to(at(1), failed({ errcode: 86000 }))).toMatchObject({
      state: 'FAILED',
      error: { errcode: 86000 },
    });
  });

  it('PAGES and CATEGORIES build the items of a rule with the preferred category', () => {
    const read = to(at(1), succeeded(PAGES));
    const target = { ...read, state: 'RUNNING' as const };
    const built = to(target, succeeded({ categories: [OTHER, CATEGORY] }));
    expect(built.checkedItems).toEqual([{ address: 'pages/index/index', title: '', tag: '', ...CATEGORY }]);
  });

  it('A rule without a preferred category takes the first one', () => {
    const target = at(2, { checkResults: PAGES });
    expect(to(target, succeeded({ categories: [OTHER] })).checkedItems?.[0]).toMatchObject({ secondId: 9 });
  });

  it.each([
    { title: 'no page', pages: {}, categories: [CATEGORY], reason: 'CHECK_PAGES' },
    { title: 'no category', pages: PAGES, categories: [], reason: 'CHECK_CATEGORIES' },
  ])('A rule for a mini-program with $title is FAILED with $reason', ({ pages, categories, reason }) => {
    const target = at(2, { checkResults: pages });
    expect(to(target, succeeded({ categories }))).toMatchObject({ state: 'FAILED', error: { reason } });
  });

  it.each([
    { check: 'PAGES', part: 1, result: { pages: ['other'] }, reason: 'CHECK_PAGES' },
    { check: 'CATEGORIES', part: 2, result: { categories: [OTHER] }, reason: 'CHECK_CATEGORIES' },
  ])('$check that does not hold is FAILED with $reason and no audit is used', ({ part, result, reason }) => {
    const moved = move(at(part, { items: [ITEM] }), succeeded(result));
    expect(moved).toMatchObject({ stepResult: 'failed', submissions: 0 });
    expect(moved.target).toMatchObject({ state: 'FAILED', error: { reason } });
  });

  it('Items of the mini-program that hold pass the checks', () => {
    const spec = specOf({ ...CHECKED, checks: CHECKED.checks.slice(2) });
    const target = running({ step: 'CHECK', part: 1, items: [ITEM] });
    expect(to(target, succeeded({ categories: [CATEGORY] }), contextOf({ spec })).step).toBe('SUBMIT_AUDIT');
  });

  it('PRIVACY is not asked before privacy_at', () => {
    const target = at(2, { checkResults: PAGES });
    expect(to(target, succeeded({ categories: [CATEGORY] }))).toMatchObject({
      part: 3,
      waitsFor: 'PRIVACY_CHECK',
      dueAt: later(75_000),
    });
  });

  it('PRIVACY is asked again after 1 minute while WeChat is not done', () => {
    expect(to(at(3), succeeded({ done: false }))).toMatchObject({
      part: 4,
      attempt: 1,
      waitsFor: 'PRIVACY_CHECK',
      dueAt: later(60_000),
    });
  });

  it('PRIVACY that is not done at the 10th read is FAILED with CHECK_PRIVACY', () => {
    expect(to(at(11), succeeded({ done: false })).state).toBe('WAITING');
    expect(to(at(12), succeeded({ done: false }))).toMatchObject({
      state: 'FAILED',
      error: { reason: 'CHECK_PRIVACY' },
    });
  });

  it('WAITING(PRIVACY_CHECK) is PENDING when it is due', () => {
    const target = waitingFor('PRIVACY_CHECK', { step: 'CHECK', part: 4 });
    expect(move(target, factsOf()).change).toBe('none');
    expect(to(target, factsOf(), checked, later(600_000))).toMatchObject({ state: 'PENDING', part: 4 });
  });

  it.each([
    { list: 'withoutAuth', notUsed: true, state: 'FAILED' },
    { list: 'withoutConf', notUsed: false, state: 'FAILED' },
    { list: 'withoutConf', notUsed: true, state: 'WAITING' },
  ])('$list with privacy_api_not_used $notUsed is $state', ({ list, notUsed, state }) => {
    const spec = specOf({ ...CHECKED, audit: { ...CHECKED.audit, privacyApiNotUsed: notUsed } });
    const target = to(at(3), succeeded({ done: true, [list]: ['wx.getLocation'] }), contextOf({ spec }));
    expect(target.state).toBe(state);
  });

  it('All checks hold: SUBMIT_AUDIT', () => {
    const moved = move(at(5, { privacyAt: NOW, checkResults: PAGES }), succeeded({ done: true }));
    expect(moved.stepResult).toBe('passed');
    expect(moved.target).toMatchObject({
      step: 'SUBMIT_AUDIT',
      state: 'PENDING',
      part: 0,
      checkResults: null,
    });
  });

  it('A result that retention has deleted is read again with attempt + 1', () => {
    expect(to(at(2), factsOf({ operation: 'deleted' }))).toMatchObject({
      state: 'PENDING',
      part: 2,
      attempt: 2,
    });
  });
});

describe('SUBMIT_AUDIT', () => {
  const submitting = (fields: Partial<Target> = {}) => running({ step: 'SUBMIT_AUDIT', ...fields });
  const onOpen = (onOpenAudit: OnOpenAudit) => contextOf({ spec: specOf({ audit: { onOpenAudit } }) });
  const WAIT = onOpen(OnOpenAudit.ON_OPEN_AUDIT_WAIT);
  const OPEN = failed({ errcode: 85009 });

  it('Success stores the audit, counts a submission and waits for the verdict', () => {
    const moved = move(submitting(), succeeded({ auditId: '12345678901234567890' }));
    expect(moved).toMatchObject({ submissions: 1, stepResult: 'passed' });
    expect(moved.target).toMatchObject({
      step: 'AUDIT',
      waitsFor: 'AUDIT',
      dueAt: NOW,
      auditId: '12345678901234567890',
      auditOperationId: 'op-1',
    });
  });

  it('An open audit is looked at after 3 days or at its time limit; one that is decided, delayed or not known at once', () => {
    const limited = contextOf({ spec: specOf({ audit: { timeout: { seconds: 60n } } }) });
    const audit = { operationId: 'op-1', submittedAt: NOW, delayedAt: null, reason: '' };
    const dueAt = (known: Partial<NonNullable<Facts['audit']>>, context = contextOf()) =>
      to(submitting(), { ...succeeded(), audit: { ...audit, state: 'OPEN', ...known } }, context).dueAt;
    expect([dueAt({}), dueAt({}, limited)]).toEqual([later(3 * 86_400_000), later(60_000)]);
    expect([dueAt({ state: 'APPROVED' }), dueAt({ delayedAt: NOW }), dueAt({ operationId: 'op-0' })]).toEqual(
      [NOW, NOW, NOW],
    );
  });

  it.each([
    { speedUp: true, canSpeedUp: true, state: 'PENDING' },
    { speedUp: true, canSpeedUp: false, state: 'WAITING' },
    { speedUp: false, canSpeedUp: true, state: 'WAITING' },
  ])('AUDIT is $state with speed_up $speedUp and a budget $canSpeedUp', ({ speedUp, canSpeedUp, state }) => {
    const spec = specOf({ waves: [{ size: { $case: 'rest', value: true }, speedUp }] });
    expect(to(submitting(), succeeded({ auditId: '1' }), contextOf({ spec, canSpeedUp })).state).toBe(state);
  });

  it('85085 gives PENDING with attempt + 1 and refuses the quota', () => {
    const moved = move(submitting(), failed({ errcode: 85085 }));
    expect(moved).toMatchObject({ stepResult: null, submissions: 0 });
    expect(moved.target).toMatchObject({ step: 'SUBMIT_AUDIT', state: 'PENDING', attempt: 2 });
  });

  it('85009 with FAIL is FAILED with OPEN_AUDIT', () => {
    expect(to(submitting(), OPEN, onOpen(OnOpenAudit.ON_OPEN_AUDIT_FAIL))).toMatchObject({
      state: 'FAILED',
      error: { reason: 'OPEN_AUDIT', errcode: 85009 },
    });
  });

  it('85009 with WAIT waits for a known audit, then is PENDING with attempt + 1', () => {
    const waiting = to(submitting(), { ...OPEN, hasOtherOpenAudit: true }, WAIT);
    expect(waiting).toMatchObject({ waitsFor: 'OPEN_AUDIT', dueAt: later(3_600_000), attempt: 1 });
    expect(move(waiting, factsOf({ hasOtherOpenAudit: true }), WAIT).change).toBe('none');
    expect(to(waiting, factsOf(), WAIT)).toMatchObject({ state: 'PENDING', part: 0, attempt: 2 });
  });

  it('85009 with WAIT asks WeChat after 1 minute, then every hour, if no open audit is known here', () => {
    const waiting = to(submitting(), OPEN, WAIT);
    expect(waiting).toMatchObject({ waitsFor: 'OPEN_AUDIT', dueAt: later(60_000) });
    expect(move(waiting, factsOf(), WAIT).change).toBe('none');
    const asking = to(waiting, factsOf(), WAIT, later(60_000));
    expect(asking).toMatchObject({ state: 'PENDING', part: 2, attempt: 2 });
    const running = { ...asking, state: 'RUNNING' as const };
    expect(to(running, succeeded({ audit: { state: 'AUDIT_STATE_PENDING' } }), WAIT)).toMatchObject({
      waitsFor: 'OPEN_AUDIT',
      dueAt: later(3_600_000),
    });
    const free = { state: 'PENDING', part: 0, attempt: 2 };
    expect(to(running, succeeded({ audit: { state: 'AUDIT_STATE_APPROVED' } }), WAIT)).toMatchObject(free);
    expect(to(running, failed({ errcode: 85058 }), WAIT)).toMatchObject(free);
  });

  it('85009 with WAIT is woken by the end of a known audit, also after an hourly look at it', () => {
    const known = { hasOtherOpenAudit: true };
    const waiting = to(submitting(), { ...OPEN, ...known }, WAIT);
    const asking = to(waiting, factsOf(known), WAIT, later(3_600_000));
    expect(asking).toMatchObject({ state: 'PENDING', part: 2, attempt: 2 });
    const running = { ...asking, state: 'RUNNING' as const };
    const open = succeeded({ audit: { state: 'AUDIT_STATE_PENDING' } });
    const again = to(running, { ...open, ...known }, WAIT);
    expect(again).toMatchObject({ waitsFor: 'OPEN_AUDIT', dueAt: later(3_600_000) });
    expect(move(again, factsOf(known), WAIT).change).toBe('none');
    expect(to(again, factsOf(), WAIT)).toMatchObject({ state: 'PENDING', part: 0, attempt: 3 });
  });

  it('85009 with WITHDRAW withdraws the audit, then is PENDING with attempt + 1', () => {
    const context = onOpen(OnOpenAudit.ON_OPEN_AUDIT_WITHDRAW);
    const withdrawing = to(submitting(), OPEN, context);
    expect(withdrawing).toMatchObject({ state: 'PENDING', part: 1, attempt: 2 });
    const undoing = { ...withdrawing, state: 'RUNNING' as const };
    expect(to(undoing, succeeded(), context)).toMatchObject({ state: 'PENDING', part: 0, attempt: 3 });
    expect(to(undoing, failed({ errcode: 87013 }), context)).toMatchObject({ state: 'FAILED' });
    // The audit has ended meanwhile.
    const ended = to(undoing, failed({ errcode: 85019 }), context);
    expect(ended).toMatchObject({ state: 'PENDING', part: 0, attempt: 3 });
  });

  it('VERSION_MISMATCH is FAILED', () => {
    const moved = move(submitting(), failed({ reason: 'VERSION_MISMATCH' }));
    expect(moved).toMatchObject({ stepResult: 'failed', target: { state: 'FAILED', step: 'SUBMIT_AUDIT' } });
  });

  it('An error in doubt is not kept when the operation ends', () => {
    const target = submitting({ state: 'IN_DOUBT', error: errorOf() });
    expect(to(target, succeeded({ auditId: '1' })).error).toBeNull();
    expect(targetOf().error).toBeNull();
  });
});
