import { describe, expect, it } from '@jest/globals';
import { RolloutAudit_OnOpenAudit as OnOpenAudit } from '@wxa/contracts';
import {
  CHECKED,
  contextOf,
  errorOf,
  factsOf,
  failed,
  ITEM,
  inWords,
  later,
  NEEDED,
  NOW,
  running,
  specOf,
  step,
  succeeded,
  waitingFor,
} from '../fixtures/samples.js';
import type { Target, TargetFacts } from '../target.js';
import { advance } from './advance.js';

const checked = contextOf({ spec: specOf(CHECKED) });
const move = (target: Target, facts: TargetFacts, context = checked, now = NOW) =>
  advance(target, facts, context, now);
const to = (...args: Parameters<typeof move>) => move(...args).target;
const go = (...args: Parameters<typeof move>) => inWords(move(...args));
const deleted = factsOf({ operation: 'deleted' });

describe('COMMIT', () => {
  it('Success sets privacy_at to its end + 75 s and makes CHECK PENDING', () => {
    expect(go(running(), succeeded())).toBe('CHECK PENDING, passed');
    expect(to(running(), succeeded()).privacyAt).toEqual(later(75_000));
  });

  it('Success without checks waits for the privacy check in SUBMIT_AUDIT, or is SUCCEEDED with last_step COMMIT', () => {
    const wait = 'SUBMIT_AUDIT WAITING for PRIVACY_CHECK until 75 s, passed';
    expect(go(running(), succeeded(), contextOf())).toBe(wait);
    const spec = specOf({ lastStep: step('COMMIT') });
    expect(go(running(), succeeded(), contextOf({ spec }))).toBe('COMMIT SUCCEEDED, passed');
  });

  it('A result that retention has deleted is FAILED, because its outcome is unknown', () => {
    expect(go(running(), deleted)).toBe('COMMIT FAILED UNCLEAR, failed');
  });
});

describe('CHECK', () => {
  const at = (part: number, fields: Partial<Target> = {}) =>
    running({ step: 'CHECK', part, privacyAt: later(75_000), ...fields });
  const PAGES = { pages: ['pages/index/index', 'pages/b'] };
  const withPages = at(2, { checkResults: PAGES });
  const CATEGORY = {
    firstClass: 'a',
    firstId: 1,
    secondClass: 'b',
    secondId: 2,
    thirdClass: 'c',
    thirdId: 3,
  };
  const OTHER = { firstClass: 'x', firstId: 8, secondClass: 'y', secondId: 9 };

  it('BASELINE records the live version, and its failed query is ignored', () => {
    expect(go(at(0), failed({ errcode: 85013 }))).toBe('CHECK.1 PENDING');
    const read = succeeded({ release: { version: '1.0' } });
    expect([go(at(0), read), to(at(0), read).baselineVersion]).toEqual(['CHECK.1 PENDING', '1.0']);
  });

  it('Another failed query is FAILED with its error, and one whose result was deleted is repeated', () => {
    expect(go(at(1), failed({ errcode: 86000 }))).toBe('CHECK.1 FAILED WECHAT_86000, failed');
    expect(go(at(2), deleted)).toBe('CHECK.2 PENDING #2');
  });

  it('PAGES and CATEGORIES build the items of a rule with the preferred category, else the first', () => {
    const read: Target = { ...to(at(1), succeeded(PAGES)), state: 'RUNNING' };
    const item = { address: 'pages/index/index', title: '', tag: '' };
    const built = (...categories: object[]) => to(read, succeeded({ categories })).checkedItems;
    expect(built(OTHER, CATEGORY)).toEqual([{ ...item, ...CATEGORY }]);
    expect(built(OTHER)).toMatchObject([{ ...item, secondId: 9 }]);
  });

  it.each<[string, Target, object, string]>([
    ['A rule for a mini-program without a page', at(2, { checkResults: {} }), [CATEGORY], 'CHECK_PAGES'],
    ['A rule for a mini-program without a category', withPages, [], 'CHECK_CATEGORIES'],
    ['An item whose category the mini-program lacks', at(2, { items: [ITEM] }), [OTHER], 'CHECK_CATEGORIES'],
  ])('%s is FAILED, and no audit is used', (_what, target, categories, reason) => {
    expect(go(target, succeeded({ categories }))).toBe(`CHECK.2 FAILED ${reason}, failed`);
  });

  it('An item whose page the mini-program lacks is FAILED', () => {
    const target = at(1, { items: [ITEM] });
    expect(go(target, succeeded({ pages: ['other'] }))).toBe('CHECK.1 FAILED CHECK_PAGES, failed');
  });

  it('Items of the mini-program that hold pass the checks', () => {
    const spec = specOf({ ...CHECKED, checks: CHECKED.checks.slice(2) });
    const target = running({ step: 'CHECK', part: 1, items: [ITEM] });
    expect(to(target, succeeded({ categories: [CATEGORY] }), contextOf({ spec })).step).toBe('SUBMIT_AUDIT');
  });

  it('PRIVACY is asked from privacy_at on, and every minute until WeChat is done or the 10th read', () => {
    const wait = (part: number, seconds: number) =>
      `CHECK.${part} WAITING for PRIVACY_CHECK until ${seconds} s`;
    expect(go(withPages, succeeded({ categories: [CATEGORY] }))).toBe(wait(3, 75));
    const notDone = succeeded({ done: false });
    expect([3, 11].map((part) => go(at(part), notDone))).toEqual([wait(4, 60), wait(12, 60)]);
    expect(go(at(12), notDone)).toBe('CHECK.12 FAILED CHECK_PRIVACY, failed');
  });

  it('WAITING(PRIVACY_CHECK) is PENDING when it is due', () => {
    const target = waitingFor('PRIVACY_CHECK', { step: 'CHECK', part: 4 });
    expect(go(target, factsOf())).toBe('stays');
    expect(go(target, factsOf(), checked, later(600_000))).toBe('CHECK.4 PENDING');
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

  it('CHECK_PRIVACY says which interfaces the settings do not name, if they are used', () => {
    const result = { done: true, withoutAuth: ['wx.getLocation', 'wx.choosePoi'] };
    const errmsg = (settings: TargetFacts['settings']) =>
      to(at(3), { ...succeeded(result), settings }, contextOf({ spec: specOf(CHECKED) })).error?.errmsg;
    const without = 'privacy interfaces without permission: wx.getLocation, wx.choosePoi';
    expect(errmsg(null)).toBe(without);
    expect(errmsg(NEEDED)).toBe(`${without}; the settings do not name wx.choosePoi`);
  });

  it('All checks hold: SUBMIT_AUDIT', () => {
    const moved = move(at(5, { privacyAt: NOW, checkResults: PAGES }), succeeded({ done: true }));
    expect([inWords(moved), moved.target.checkResults]).toEqual(['SUBMIT_AUDIT PENDING, passed', null]);
  });
});

describe('SUBMIT_AUDIT', () => {
  const submitting = running({ step: 'SUBMIT_AUDIT' });
  const onOpen = (onOpenAudit: OnOpenAudit) => contextOf({ spec: specOf({ audit: { onOpenAudit } }) });
  const [WAIT, WITHDRAW] = [OnOpenAudit.ON_OPEN_AUDIT_WAIT, OnOpenAudit.ON_OPEN_AUDIT_WITHDRAW].map(onOpen);
  const OPEN = failed({ errcode: 85009 });
  const known = { hasOtherOpenAudit: true };
  const run = (target: Target): Target => ({ ...target, state: 'RUNNING' });
  const audit = (state: string) => succeeded({ audit: { state: `AUDIT_STATE_${state}` } });
  const waitUntil = (seconds: number, more = '') =>
    `SUBMIT_AUDIT WAITING for OPEN_AUDIT until ${seconds} s${more}`;

  it('Success stores the audit, counts a submission and waits for the verdict', () => {
    const moved = move(submitting, succeeded({ auditId: '12345678901234567890' }));
    expect(inWords(moved)).toBe('AUDIT WAITING for AUDIT until 0 s, passed, submitted');
    expect(moved.target).toMatchObject({ auditId: '12345678901234567890', auditOperationId: 'op-1' });
  });

  it('An open audit is looked at after 3 days or at its time limit; one that is decided, delayed or not known at once', () => {
    const limited = contextOf({ spec: specOf({ audit: { timeout: { seconds: 60n } } }) });
    const audit = { operationId: 'op-1', submittedAt: NOW, delayedAt: null, reason: '' };
    const dueAt = (known: Partial<NonNullable<TargetFacts['audit']>>, context = contextOf()) =>
      to(submitting, { ...succeeded(), audit: { ...audit, state: 'OPEN', ...known } }, context).dueAt;
    expect([dueAt({}), dueAt({}, limited)]).toEqual([later(3 * 86_400_000), later(60_000)]);
    const atOnce = [dueAt({ state: 'APPROVED' }), dueAt({ delayedAt: NOW }), dueAt({ operationId: 'op-0' })];
    expect(atOnce).toEqual([NOW, NOW, NOW]);
  });

  it.each([
    { speedUp: true, canSpeedUp: true, state: 'PENDING' },
    { speedUp: true, canSpeedUp: false, state: 'WAITING' },
    { speedUp: false, canSpeedUp: true, state: 'WAITING' },
  ])('AUDIT is $state with speed_up $speedUp and a budget $canSpeedUp', ({ speedUp, canSpeedUp, state }) => {
    const spec = specOf({ waves: [{ size: { $case: 'rest', value: true }, speedUp }] });
    expect(to(submitting, succeeded({ auditId: '1' }), contextOf({ spec, canSpeedUp })).state).toBe(state);
  });

  it('85085 gives PENDING with attempt + 1; VERSION_MISMATCH, and 85009 with FAIL, are FAILED', () => {
    expect(go(submitting, failed({ errcode: 85085 }))).toBe('SUBMIT_AUDIT PENDING #2');
    const mismatch = failed({ reason: 'VERSION_MISMATCH' });
    expect(go(submitting, mismatch)).toBe('SUBMIT_AUDIT FAILED VERSION_MISMATCH, failed');
    const fail = onOpen(OnOpenAudit.ON_OPEN_AUDIT_FAIL);
    expect(go(submitting, OPEN, fail)).toBe('SUBMIT_AUDIT FAILED OPEN_AUDIT 85009, failed');
  });

  it('85009 with WAIT waits for a known audit, then is PENDING with attempt + 1', () => {
    const waiting = move(submitting, { ...OPEN, ...known }, WAIT);
    expect(inWords(waiting)).toBe(waitUntil(3600));
    expect(go(waiting.target, factsOf(known), WAIT)).toBe('stays');
    expect(go(waiting.target, factsOf(), WAIT)).toBe('SUBMIT_AUDIT PENDING #2');
  });

  it('85009 with WAIT asks WeChat after 1 minute, then every hour, if no open audit is known here', () => {
    const waiting = move(submitting, OPEN, WAIT);
    expect(inWords(waiting)).toBe('SUBMIT_AUDIT.2 WAITING for OPEN_AUDIT until 60 s');
    expect(go(waiting.target, factsOf(), WAIT)).toBe('stays');
    const asking = move(waiting.target, factsOf(), WAIT, later(60_000));
    expect(inWords(asking)).toBe('SUBMIT_AUDIT.2 PENDING #2');
    const asked = [audit('PENDING'), audit('APPROVED'), failed({ errcode: 85058 })];
    expect(asked.map((answer) => go(run(asking.target), answer, WAIT))).toEqual([
      'SUBMIT_AUDIT.2 WAITING for OPEN_AUDIT until 3600 s #2',
      'SUBMIT_AUDIT PENDING #2',
      'SUBMIT_AUDIT PENDING #2',
    ]);
  });

  it('85009 with WAIT is woken by the end of a known audit, also after an hourly look at it', () => {
    const waiting = to(submitting, { ...OPEN, ...known }, WAIT);
    const asking = move(waiting, factsOf(known), WAIT, later(3_600_000));
    expect(inWords(asking)).toBe('SUBMIT_AUDIT.2 PENDING #2');
    const again = move(run(asking.target), { ...audit('PENDING'), ...known }, WAIT);
    expect(inWords(again)).toBe(waitUntil(3600, ' #2'));
    expect(go(again.target, factsOf(known), WAIT)).toBe('stays');
    expect(go(again.target, factsOf(), WAIT)).toBe('SUBMIT_AUDIT PENDING #3');
  });

  it('85009 with WITHDRAW withdraws the audit, then is PENDING with attempt + 1, also if it has ended meanwhile', () => {
    const withdrawing = move(submitting, OPEN, WITHDRAW);
    expect(inWords(withdrawing)).toBe('SUBMIT_AUDIT.1 PENDING #2');
    const answers = [succeeded(), failed({ errcode: 85019 }), failed({ errcode: 87013 })];
    expect(answers.map((answer) => go(run(withdrawing.target), answer, WITHDRAW))).toEqual([
      'SUBMIT_AUDIT PENDING #3',
      'SUBMIT_AUDIT PENDING #3',
      'SUBMIT_AUDIT.1 FAILED #2 WECHAT_87013, failed',
    ]);
  });

  it('An error in doubt is not kept when the operation ends', () => {
    const target = { ...submitting, state: 'IN_DOUBT' as const, error: errorOf() };
    expect(to(target, succeeded({ auditId: '1' })).error).toBeNull();
  });
});
