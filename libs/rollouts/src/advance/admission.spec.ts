import { describe, expect, it } from '@jest/globals';
import { contextOf, factsOf, later, NOW, running, targetOf } from '../fixtures/samples.js';
import type { Facts, Target } from '../target.js';
import { admission } from './admission.js';

const context = contextOf();

describe('admission', () => {
  const admit = (target: Target, facts: Partial<Facts> = {}, rollout = context) =>
    admission(target, factsOf(facts), rollout, NOW);

  it('PENDING becomes RUNNING, holds the appid and is due in 2 minutes', () => {
    const { kind, move } = admit(targetOf());
    expect(kind).toBe('accept');
    expect(move.target).toMatchObject({ state: 'RUNNING', holdsAppid: true, dueAt: later(120_000) });
  });

  it('PENDING becomes WAITING(OTHER_ROLLOUT), with a first look after 5 s, if another rollout holds the appid', () => {
    const { kind, move } = admit(targetOf(), { isHeldElsewhere: true });
    expect(kind).toBe('no-operation');
    expect(move.target).toMatchObject({ waitsFor: 'OTHER_ROLLOUT', dueAt: later(5_000) });
  });

  it.each(['NOT_AUTHORIZED', 'NO_PERMISSION_SET_18'] as const)(
    'PENDING before its first operation is SKIPPED with NOT_AUTHORIZED if it is %s',
    (authorization) => {
      const { move } = admit(targetOf(), { authorization, isHeldElsewhere: true });
      expect(move.target).toMatchObject({ state: 'SKIPPED', error: { reason: 'NOT_AUTHORIZED' } });
    },
  );

  it('PENDING after its first operation is admitted although its authorization is withdrawn', () => {
    expect(admit(targetOf({ holdsAppid: true }), { authorization: 'NOT_AUTHORIZED' }).kind).toBe('accept');
  });

  it('PENDING is admitted if the token source does not show the authorization', () => {
    expect(admit(targetOf(), { authorization: 'UNKNOWN' }).kind).toBe('accept');
  });

  it('A target that is not PENDING is left as it is', () => {
    expect(admit(running()).move).toMatchObject({ change: 'none' });
  });

  it('CHECK without anything to check is passed without an operation', () => {
    const { kind, move } = admit(targetOf({ step: 'CHECK' }));
    expect(kind).toBe('no-operation');
    expect(move).toMatchObject({ target: { step: 'SUBMIT_AUDIT', state: 'PENDING' }, stepResult: null });
  });

  it('SUBMIT_AUDIT before privacy_at becomes WAITING(PRIVACY_CHECK) without operation and slot', () => {
    const { kind, move } = admit(targetOf({ step: 'SUBMIT_AUDIT', privacyAt: later(1_000) }));
    expect(kind).toBe('no-operation');
    expect(move.target).toMatchObject({ waitsFor: 'PRIVACY_CHECK', dueAt: later(1_000) });
  });

  it('A speed-up beyond the budget becomes WAITING(AUDIT)', () => {
    const target = targetOf({ step: 'AUDIT', holdsAppid: true });
    expect(admit(target).move.target).toMatchObject({ state: 'WAITING', waitsFor: 'AUDIT' });
    expect(admit(target, {}, contextOf({ canSpeedUp: true })).kind).toBe('accept');
  });
});
