import { describe, expect, it } from '@jest/globals';
import {
  contextOf,
  errorOf,
  factsOf,
  failed,
  inWords,
  later,
  NOW,
  operationOf,
  running,
  succeeded,
  targetOf,
  waitingFor,
} from '../fixtures/samples.js';
import type { Target, TargetFacts } from '../target.js';
import { admission } from './admission.js';
import { advance } from './advance.js';

const go = (target: Target, facts: TargetFacts, context = contextOf(), at = NOW) =>
  inWords(advance(target, facts, context, at));
const inState = (state: 'RUNNING' | 'RETRYING' | 'IN_DOUBT' | 'CANCELLED') =>
  factsOf({ operation: operationOf({ state, error: state === 'IN_DOUBT' ? errorOf() : null }) });
const cancelling = contextOf({ state: 'CANCELLING' });

describe('advance, RUNNING', () => {
  it.each([
    ['stays while its operation runs', inState('RUNNING'), 'stays'],
    ['is FAILED with the error of its operation', failed({ errcode: 8 }), 'COMMIT FAILED WECHAT_8, failed'],
    ['becomes IN_DOUBT with that error', inState('IN_DOUBT'), 'COMMIT IN_DOUBT until 600 s INTERNAL'],
  ])('RUNNING %s', (_what, facts, words) => {
    expect(go(running(), facts)).toBe(words);
  });

  it('RUNNING is FAILED or IN_DOUBT with the whole error of its operation', () => {
    const errors = [failed({ errcode: 8 }), inState('IN_DOUBT')].map(
      (facts) => advance(running(), facts, contextOf(), NOW).target.error,
    );
    expect(errors).toEqual([errorOf({ errcode: 8 }), errorOf()]);
  });

  it('RUNNING is FAILED if its operation was cancelled, and CANCELLED if its rollout was', () => {
    expect(go(running(), inState('CANCELLED'))).toBe('COMMIT FAILED OPERATION_CANCELLED, failed');
    expect(go(running(), inState('CANCELLED'), cancelling)).toBe('COMMIT CANCELLED');
  });

  it('RUNNING in a CANCELLING rollout keeps running, and is CANCELLED instead of a next operation', () => {
    expect(go(running(), inState('RUNNING'), cancelling)).toBe('stays');
    expect(go(running({ step: 'RELEASE' }), succeeded(), cancelling)).toBe('VERIFY CANCELLED, passed');
  });

  it('A target that a newer rollout has is SKIPPED with REPLACED instead of a next operation, unless it is submitted', () => {
    const replaced = (target: Target, given = factsOf()) => go(target, { ...given, isOfNewer: true });
    expect(replaced(running(), inState('RUNNING'))).toBe('stays');
    expect(replaced(running(), succeeded())).toBe('SUBMIT_AUDIT SKIPPED REPLACED, passed');
    expect(replaced(running(), failed({ errcode: 85014 }))).toBe('COMMIT SKIPPED #2 REPLACED, pauses');
    expect(replaced(waitingFor('OPEN_AUDIT', { step: 'SUBMIT_AUDIT' }))).toBe(
      'SUBMIT_AUDIT SKIPPED REPLACED',
    );
    expect(replaced(waitingFor('GRAY_PAUSE', { step: 'RELEASE' }))).toBe('stays');
    expect(replaced(targetOf({ step: 'RELEASE' }))).toBe('RELEASE SKIPPED REPLACED');
    const admitted = admission(targetOf(), factsOf({ isOfNewer: true }), contextOf(), NOW);
    expect(inWords(admitted.move)).toBe('COMMIT SKIPPED REPLACED');
  });

  it('RUNNING becomes WAITING(OPERATION) after 2 minutes, and is looked at again every 10 minutes', () => {
    const begun = running();
    expect(go(begun, inState('RETRYING'), contextOf(), later(120_000))).toBe(
      'COMMIT WAITING for OPERATION until 720 s',
    );
    const waiting = waitingFor('OPERATION');
    expect(go(waiting, inState('RUNNING'), contextOf(), later(600_000))).toBe(
      'still COMMIT WAITING for OPERATION until 1200 s',
    );
  });

  it('RUNNING is FAILED with REQUEST_ID_TAKEN if its request_id belongs to an operation of another caller', () => {
    const facts = factsOf({ operation: operationOf({ isOwn: false }) });
    expect(go(running(), facts)).toBe('COMMIT FAILED REQUEST_ID_TAKEN, failed');
  });

  it('A target is SUCCEEDED after the last step, and frees its mini-program', () => {
    const target = waitingFor('OPERATION', { step: 'VERIFY' });
    const moved = advance(target, succeeded({ release: { version: '1.2.3' } }), contextOf(), NOW);
    expect(inWords(moved)).toBe('VERIFY SUCCEEDED, passed');
    expect(moved).toMatchObject({ isCompleted: true, releasesAppid: true });
    expect(moved.target).toMatchObject({ holdsAppid: false, completions: 1, dueAt: null });
  });

  it.each([{ reason: 'NOT_AUTHORIZED' }, { errcode: 61003 }, { errcode: 61023 }, { errcode: 61007 }])(
    'RUNNING is SKIPPED with NOT_AUTHORIZED and counts as neither after %j',
    (error) => {
      expect(go(running(), failed(error))).toMatch(/^COMMIT SKIPPED NOT_AUTHORIZED( \d+)?$/);
    },
  );

  it.each([40164, 45035, 61004, 61011, 61028, 86008, 85014, 85043, 85044, 86009, 86010])(
    'RUNNING is PENDING with attempt + 1, and the rollout pauses, after %d, which concerns the platform',
    (errcode) => {
      const moved = advance(running(), failed({ errcode }), contextOf(), NOW);
      expect(inWords(moved)).toBe('COMMIT PENDING #2, pauses');
      expect(moved).toMatchObject({ platformError: errorOf({ errcode }), target: { holdsAppid: true } });
    },
  );

  it('TOKEN_UNAVAILABLE pauses the rollout only if the platform had no component token at that time', () => {
    const after = (platformTokenSince: Date | null | undefined) =>
      go(running(), failed({ reason: 'TOKEN_UNAVAILABLE' }), contextOf({ platformTokenSince }));
    expect([null, later(1)].map(after)).toEqual(Array(2).fill('COMMIT PENDING #2, pauses'));
    // Since before the end of the operation; or the platform needs none.
    const failure = 'COMMIT FAILED TOKEN_UNAVAILABLE, failed';
    expect([later(-60_000), undefined].map(after)).toEqual([failure, failure]);
  });
});

describe('advance, other states', () => {
  const inDoubt = running({ state: 'IN_DOUBT', error: errorOf() });
  const elsewhere = waitingFor('OTHER_ROLLOUT', { holdsAppid: false });

  it('IN_DOUBT becomes WAITING(OPERATION) if its operation is retried, and moves when that ends', () => {
    expect(go(inDoubt, inState('RETRYING'))).toBe('COMMIT WAITING for OPERATION until 600 s');
    expect(go(inDoubt, succeeded())).toBe('SUBMIT_AUDIT WAITING for PRIVACY_CHECK until 75 s, passed');
  });

  it('PENDING and WAITING(AUDIT) are CANCELLED in a CANCELLING rollout', () => {
    expect(go(targetOf(), factsOf(), cancelling)).toBe('COMMIT CANCELLED');
    const waiting = waitingFor('AUDIT', { step: 'AUDIT' });
    expect(go(waiting, factsOf(), cancelling)).toBe('AUDIT CANCELLED');
  });

  it('WAITING(OTHER_ROLLOUT) is looked at every 10 minutes, and PENDING when the mini-program is free', () => {
    const held = factsOf({ isHeldElsewhere: true });
    expect(go(elsewhere, held, contextOf(), later(600_000))).toBe(
      'still COMMIT WAITING for OTHER_ROLLOUT until 1200 s',
    );
    expect(go(elsewhere, factsOf())).toBe('COMMIT PENDING');
  });
});

describe('admission', () => {
  const admit = (target: Target, facts: Partial<TargetFacts> = {}, rollout = contextOf()) => {
    const { kind, move } = admission(target, factsOf(facts), rollout, NOW);
    return `${kind}: ${inWords(move)}`;
  };
  const held = targetOf({ holdsAppid: true });
  const ACCEPTED = 'accept: COMMIT RUNNING until 120 s';

  it('PENDING becomes RUNNING, holds the appid and is due in 2 minutes, unless another rollout holds the appid', () => {
    expect(admit(targetOf())).toBe(ACCEPTED);
    expect(admission(targetOf(), factsOf(), contextOf(), NOW).move.target.holdsAppid).toBe(true);
    const wait = 'no-operation: COMMIT WAITING for OTHER_ROLLOUT until 5 s';
    expect(admit(targetOf(), { isHeldElsewhere: true })).toBe(wait);
  });

  it.each(['NOT_AUTHORIZED', 'NO_PERMISSION_SET_18'] as const)(
    'PENDING is SKIPPED if it is %s before its first operation, and admitted after it',
    (authorization) => {
      const skipped = 'no-operation: COMMIT SKIPPED NOT_AUTHORIZED';
      expect(admit(targetOf(), { authorization, isHeldElsewhere: true })).toBe(skipped);
      expect(admit(held, { authorization })).toBe(ACCEPTED);
    },
  );

  it('PENDING is admitted if the token source does not show the authorization; any other state is left as it is', () => {
    expect(admit(targetOf(), { authorization: 'UNKNOWN' })).toBe(ACCEPTED);
    expect(admit(running())).toBe('no-operation: stays');
  });

  it.each<[string, Partial<Target>, string]>([
    ['CHECK without anything to check is passed', { step: 'CHECK' }, 'SUBMIT_AUDIT PENDING'],
    [
      'SUBMIT_AUDIT before privacy_at waits',
      { step: 'SUBMIT_AUDIT', privacyAt: later(1_000) },
      'SUBMIT_AUDIT WAITING for PRIVACY_CHECK until 1 s',
    ],
    ['A speed-up beyond the budget waits', { step: 'AUDIT' }, 'AUDIT WAITING for AUDIT until 259200 s'],
  ])('%s without an operation', (_what, fields, words) => {
    expect(admit({ ...held, ...fields })).toBe(`no-operation: ${words}`);
  });

  it('A speed-up within the budget is accepted', () => {
    const target: Target = { ...held, step: 'AUDIT' };
    expect(admit(target, {}, contextOf({ canSpeedUp: true }))).toMatch(/^accept: AUDIT RUNNING/);
  });
});
