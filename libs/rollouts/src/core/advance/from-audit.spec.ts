import { describe, expect, it } from '@jest/globals';
import { MiniProgramSettings } from '@wxa/contracts';
import {
  contextOf,
  errorOf,
  factsOf,
  failed,
  inWords,
  later,
  NEEDED,
  NOW,
  operationOf,
  running,
  specOf,
  step,
  succeeded,
  targetOf,
  waitingFor,
} from '../fixtures/samples.js';
import { VERIFY_PART } from '../requests/parts.js';
import { requestOf } from '../requests/request-of.js';
import type { AuditFacts, Target, TargetFacts } from '../target.js';
import { advance } from './advance.js';

const move = (target: Target, facts: TargetFacts, context = contextOf(), now = NOW) =>
  advance(target, facts, context, now);
const go = (...args: Parameters<typeof move>) => inWords(move(...args));
const deleted = factsOf({ operation: 'deleted' });

describe('AUDIT', () => {
  const known = { auditOperationId: 'op-0', auditId: '5' };
  const waiting = waitingFor('AUDIT', { step: 'AUDIT', ...known });
  const speedingUp = running({ step: 'AUDIT', ...known });
  const auditOf = (state: AuditFacts['state'], fields: Partial<AuditFacts> = {}): AuditFacts => ({
    ...{ operationId: 'op-0', state, submittedAt: NOW, delayedAt: null, reason: '', ...fields },
  });
  const verdict = (...args: Parameters<typeof auditOf>) => factsOf({ audit: auditOf(...args) });
  const limited = contextOf({ spec: specOf({ audit: { timeout: { seconds: 60n } } }) });
  const RELEASE = 'RELEASE PENDING, passed';

  it('Approved: RELEASE is PENDING, or SUCCEEDED with last_step AUDIT', () => {
    expect(go(waiting, verdict('APPROVED'))).toBe(RELEASE);
    const context = contextOf({ spec: specOf({ lastStep: step('AUDIT') }) });
    expect(go(waiting, verdict('APPROVED'), context)).toBe('AUDIT SUCCEEDED, passed');
  });

  it('Delayed: stays, with audit_delayed; a verdict on another audit is stale', () => {
    expect(go(waiting, verdict('REJECTED', { operationId: 'op-9' }))).toBe('stays');
    const moved = move(waiting, verdict('OPEN', { delayedAt: NOW }));
    expect(moved).toMatchObject({ change: 'moved', target: { waitsFor: 'AUDIT', auditDelayed: true } });
  });

  it.each([
    { state: 'REJECTED' as const, reason: 'AUDIT_REJECTED', errmsg: '1:标题:<br>' },
    { state: 'WITHDRAWN' as const, reason: 'AUDIT_WITHDRAWN', errmsg: 'the audit was withdrawn' },
  ])('$state: FAILED with $reason', ({ state, reason, errmsg }) => {
    const moved = move(waiting, verdict(state, { reason: '1:标题:<br>' }));
    expect(inWords(moved)).toBe(`AUDIT FAILED ${reason}, failed`);
    expect(moved.target.error).toMatchObject({ errmsg });
  });

  it('Timeout, counted from the submission: FAILED with AUDIT_TIMEOUT, unless there is a verdict', () => {
    const due = { ...waiting, dueAt: later(60_000) };
    expect(go(due, verdict('OPEN'), limited, later(59_999))).toBe('stays');
    expect(go(due, verdict('OPEN'), limited, later(60_000))).toBe('AUDIT FAILED AUDIT_TIMEOUT, failed');
    expect(go(waiting, verdict('APPROVED'), limited, later(90_000))).toBe(RELEASE);
  });

  it('The wait is looked at again after 3 days, or when the time limit is reached', () => {
    const entered = { ...waiting, dueAt: NOW };
    expect(go(entered, verdict('OPEN'))).toBe('still AUDIT WAITING for AUDIT until 259200 s');
    expect(go(entered, verdict('OPEN'), limited)).toBe('still AUDIT WAITING for AUDIT until 60 s');
  });

  it.each([
    ['succeeded', succeeded(), ', sped up'],
    ['failed', failed({ errcode: 89402 }), ''],
    ['met 89405', failed({ errcode: 89405 }), ', speed-up refused'],
    ['was not authorized', failed({ errcode: 61003 }), ''],
    ['was cancelled', factsOf({ operation: operationOf({ state: 'CANCELLED' }) }), ''],
    ['was deleted', deleted, ''],
  ])('A speed-up that %s leads to WAITING(AUDIT)', (_what, facts, effect) => {
    expect(go(speedingUp, facts)).toBe(`AUDIT WAITING for AUDIT until 259200 s${effect}`);
  });

  it('The verdict that arrived before or during a speed-up counts when the operation has ended', () => {
    expect(go(speedingUp, { ...succeeded(), audit: auditOf('APPROVED') })).toBe(`${RELEASE}, sped up`);
    const whileRunning = factsOf({ operation: operationOf(), audit: auditOf('APPROVED') });
    expect(go(speedingUp, whileRunning)).toBe('stays');
    const pending = targetOf({ step: 'AUDIT', auditOperationId: 'op-0' });
    expect([go(pending, verdict('APPROVED')), go(pending, verdict('OPEN'))]).toEqual([RELEASE, 'stays']);
  });

  it('An audit that is decided when its submission is known is not sped up', () => {
    const spec = specOf({ waves: [{ size: { $case: 'rest', value: true }, speedUp: true }] });
    const submitted = (state: AuditFacts['state']) =>
      go(
        running({ step: 'SUBMIT_AUDIT' }),
        { ...succeeded({ auditId: '1' }), audit: auditOf(state, { operationId: 'op-1' }) },
        contextOf({ spec, canSpeedUp: true }),
      );
    expect(submitted('OPEN')).toBe('AUDIT PENDING, passed, submitted');
    expect(submitted('APPROVED')).toBe('AUDIT WAITING for AUDIT until 0 s, passed, submitted');
  });
});

describe('RELEASE', () => {
  const graySteps = [{ percentage: 10, pause: { seconds: 600n } }, { percentage: 50 }];
  const contextWith = (firstReleaseToAll: boolean) =>
    contextOf({ spec: specOf({ release: { graySteps, firstReleaseToAll } }) });
  const context = contextWith(true);
  const releasing = (part: number) => running({ step: 'RELEASE', part });

  it.each([
    ['succeeded', succeeded()],
    ['met 85082, share already reached', failed({ errcode: 85082 })],
  ])('A gray step that %s waits for its pause, then for the next step', (_what, facts) => {
    const paused = move(releasing(0), facts, context);
    expect(inWords(paused)).toBe('RELEASE.1 WAITING for GRAY_PAUSE until 600 s');
    expect(paused.target.grayShare).toBe(10);
    expect(go(paused.target, factsOf(), context, later(600_000))).toBe('RELEASE.1 PENDING');
  });

  it('The last gray step without a pause leads to Release at once, and Release to VERIFY', () => {
    expect(go(releasing(1), succeeded(), context)).toBe('RELEASE.2 PENDING');
    const moved = move(releasing(2), succeeded(), context);
    expect(inWords(moved)).toBe('VERIFY WAITING for VERIFY until 5 s, passed');
    expect(moved.target.isReleased).toBe(true);
  });

  it('85079 leads to Release at once if first_release_to_all is set, and is SKIPPED otherwise', () => {
    const first = failed({ errcode: 85079 });
    const moved = move(releasing(0), first, context);
    expect([inWords(moved), moved.target.grayShare]).toEqual(['RELEASE.2 PENDING', null]);
    expect(go(releasing(0), first, contextWith(false))).toBe('RELEASE SKIPPED FIRST_RELEASE 85079');
  });

  it.each([
    { errcode: 85019 },
    { errcode: 85020 },
    { errcode: 85052 },
    { errcode: 85080 },
    { reason: 'VERSION_MISMATCH' },
  ])('VERIFY decides about %j, keeping the error; without a step VERIFY it is FAILED', (error) => {
    const { reason } = errorOf(error);
    const verify = `VERIFY WAITING for VERIFY until 5 s ${reason}`;
    const moved = move(releasing(2), failed(error), context);
    expect([inWords(moved), moved.target.error]).toEqual([verify, errorOf(error)]);
    const spec = specOf({ lastStep: step('RELEASE') });
    expect(go(releasing(0), failed(error), contextOf({ spec }))).toBe(`RELEASE FAILED ${reason}, failed`);
  });

  it('A gray step whose result was deleted is repeated, a release is decided by VERIFY', () => {
    expect(go(releasing(1), deleted, context)).toBe('RELEASE.1 PENDING #2');
    expect(go(releasing(2), deleted, context)).toBe('VERIFY WAITING for VERIFY until 5 s');
  });
});

describe('VERIFY', () => {
  const looking = (part: number, error: Parameters<typeof errorOf>[0] | null = null) =>
    running({ step: 'VERIFY', part, error: error && errorOf(error) });
  const live = (version: string) => succeeded({ release: { version } });
  const back = contextOf({ isRollback: true });
  const [MINE, OTHER] = [live('1.2.3'), live('1.0')];
  const wait = (part: number, seconds: number, reason = '') =>
    `VERIFY.${part} WAITING for VERIFY until ${seconds} s${reason}`;

  it('The live version is ours: SUCCEEDED, whatever the error of RELEASE; in a rollback it must be another', () => {
    const seen = move(looking(0), MINE);
    expect([inWords(seen), seen.target.isReleased]).toEqual(['VERIFY SUCCEEDED, passed', true]);
    expect(go(looking(1, { errcode: 85052 }), MINE)).toBe('VERIFY.1 SUCCEEDED, passed');
    expect(go(looking(0), OTHER, back)).toBe('VERIFY SUCCEEDED, passed');
    expect(go(looking(0), MINE, back)).toBe(wait(1, 55));
  });

  it('Looks are 5 s, 1 min, 5 min and 15 min after the step before', () => {
    const waits = [0, 1, 2].map((part) => go(looking(part), OTHER));
    expect(waits).toEqual([wait(1, 55), wait(2, 240), wait(3, 600)]);
  });

  it('WAITING(VERIFY) is PENDING when it is due, and one whose result was deleted again; both keep the error', () => {
    const target = waitingFor('VERIFY', { step: 'VERIFY', error: errorOf() });
    expect(go(target, factsOf(), contextOf(), later(600_000))).toBe('VERIFY PENDING INTERNAL');
    expect(go(looking(1, { errcode: 85052 }), deleted)).toBe('VERIFY.1 PENDING #2 WECHAT_85052');
  });

  it.each([85052, 85080])('A kept %d is SKIPPED with RELEASED_BY_HAND at the second look', (errcode) => {
    expect(go(looking(0, { errcode }), OTHER)).toBe(wait(1, 55, ` WECHAT_${errcode}`));
    expect(go(looking(1, { errcode }), OTHER)).toBe(`VERIFY.1 SKIPPED RELEASED_BY_HAND ${errcode}`);
  });

  it('Another kept error is FAILED with it at the second look, or at the only one', () => {
    const kept = { reason: 'VERSION_MISMATCH' };
    expect(go(looking(1, kept), OTHER)).toBe('VERIFY.1 FAILED VERSION_MISMATCH, failed');
    const once = contextOf({ waits: { privacyWaitMs: 0, verifyDelaysMs: [0] } });
    expect(go(looking(0, { errcode: 85020 }), OTHER, once)).toBe('VERIFY FAILED WECHAT_85020, failed');
  });

  it('The last look shows the opposite: FAILED with NOT_LIVE, in a rollback STILL_LIVE', () => {
    const moved = move({ ...looking(3), isReleased: true }, OTHER);
    expect([inWords(moved), moved.target.isReleased]).toEqual(['VERIFY.3 FAILED NOT_LIVE, failed', false]);
    expect(go(looking(3), MINE, back)).toBe('VERIFY.3 FAILED STILL_LIVE, failed');
  });

  describe('with settings that name domains', () => {
    const context = contextOf({ spec: specOf({ settings: {} }) });
    const withSettings = (facts: TargetFacts) => ({ ...facts, settings: NEEDED });
    const comparing = looking(VERIFY_PART.DOMAINS);
    const effective = (request: string[]) =>
      withSettings(
        succeeded({
          server: { effective: { request } },
          webview: { effective: ['https://www.example.com'] },
        }),
      );

    it('The domains are looked at once the version is live, and those that are not in effect are named', () => {
      const confirmed = move(looking(1), withSettings(MINE), context);
      expect([inWords(confirmed), confirmed.target.isReleased]).toEqual(['VERIFY.100 PENDING', true]);
      expect(requestOf(confirmed.target, context, factsOf())).toMatchObject({
        method: 'GetDomains',
        requestId: expect.stringMatching(/-verify100-1$/),
      });
      const same = move(comparing, effective(['https://api.example.com']), context);
      expect([inWords(same), same.target.driftedDomains]).toEqual(['VERIFY.100 SUCCEEDED, passed', null]);
      const capital = effective(['https://API.example.com']);
      expect(move(comparing, capital, context).target.driftedDomains).toBeNull();
      const drifted = move(comparing, effective(['https://other.example.com']), context);
      expect([inWords(drifted), drifted.target.driftedDomains]).toEqual([
        'VERIFY.100 SUCCEEDED, passed',
        ['https://api.example.com'],
      ]);
    });

    it('Web-view domains that are optional are named only if the service has set some', () => {
      const settings = { ...NEEDED, settings: { ...NEEDED.settings, webviewOptional: true } };
      const server = { effective: { request: ['https://api.example.com'] } };
      const seen = (setByService: string[]) => ({
        ...succeeded({ server, webview: { setByService } }),
        settings,
      });
      expect(move(comparing, seen([]), context).target.driftedDomains).toBeNull();
      const set = ['https://www.example.com'];
      expect(move(comparing, seen(set), context).target.driftedDomains).toEqual(set);
    });

    it('A look at the domains that fails leaves the target SUCCEEDED, also without an authorization', () => {
      const cancelled = factsOf({ operation: operationOf({ state: 'CANCELLED' }) });
      for (const facts of [failed({ errcode: 61003 }), failed({ errcode: 61004 }), cancelled, deleted])
        expect(go(comparing, facts, context)).toBe('VERIFY.100 SUCCEEDED, passed');
    });

    it('A cancelled rollout, and settings without domains, do not look at them', () => {
      const cancelling = { ...context, state: 'CANCELLING' as const };
      expect(go(looking(0), withSettings(MINE), cancelling)).toBe('VERIFY SUCCEEDED, passed');
      const settings = { ...NEEDED, settings: MiniProgramSettings.create() };
      expect(go(looking(0), { ...MINE, settings }, context)).toBe('VERIFY SUCCEEDED, passed');
    });
  });

  it('An error in doubt does not take the place of a kept error', () => {
    const inDoubt = factsOf({ operation: operationOf({ state: 'IN_DOUBT', error: errorOf() }) });
    expect(go(looking(0), inDoubt)).toBe('VERIFY IN_DOUBT until 600 s');
    expect(go(looking(0, { errcode: 85052 }), inDoubt)).toBe('VERIFY IN_DOUBT until 600 s WECHAT_85052');
  });
});
