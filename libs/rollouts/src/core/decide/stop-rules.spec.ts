import { describe, expect, it } from '@jest/globals';
import { RolloutStopRule_Cause as Cause, type RolloutStopRule } from '@wxa/contracts';
import { waveOf } from '../fixtures/samples.js';
import type { Tally } from '../rollout.js';
import type { Step } from '../target.js';
import { addToTally, lowerInDoubt, newTally, stopRules } from './stop-rules.js';

const rule = (fields: Partial<RolloutStopRule>): RolloutStopRule => ({
  ...{ cause: Cause.CAUSE_ANY, percent: 0, minEnded: 0, count: 0, ...fields },
});
const counted = (passed: number, failed: number, inDoubtBefore = 0) => ({ passed, failed, inDoubtBefore });
const inDoubt = (step: Step, targets: number) => [waveOf(1, [{ step, state: 'IN_DOUBT', targets }])];
const fires = (fields: Partial<RolloutStopRule>, tally: Tally, commitsInDoubt = 0) =>
  stopRules([rule(fields)], { tally, waves: inDoubt('COMMIT', commitsInDoubt) }) !== undefined;

describe('stop rules', () => {
  const AUDITS = { AUDIT: counted(16, 4) };
  const COMMITS = { COMMIT: counted(16, 4) };
  const LOOKS = { VERIFY: counted(16, 4) };
  const P20 = { percent: 20 };

  it.each([
    { cause: Cause.CAUSE_AUDIT_REJECTED, fired: [true, false, false] },
    { cause: Cause.CAUSE_VERIFY, fired: [false, false, true] },
    { cause: Cause.CAUSE_ERROR, fired: [false, true, false] },
    { cause: Cause.CAUSE_IN_DOUBT, fired: [false, false, false] },
    { cause: Cause.CAUSE_ANY, fired: [true, true, true] },
  ])('$cause counts failures of AUDIT, COMMIT, VERIFY: $fired', ({ cause, fired }) => {
    expect([AUDITS, COMMITS, LOOKS].map((tally) => fires({ cause, ...P20 }, tally))).toEqual(fired);
  });

  // P and F: passed and failed; D: in doubt, without those of the last resume.
  it.each([
    ['of ERROR is F / (P + F), without operations in doubt', Cause.CAUSE_ERROR, counted(16, 4), 9, 20],
    ['of IN_DOUBT is D / (P + F + D)', Cause.CAUSE_IN_DOUBT, counted(10, 5, 2), 7, 25],
    ['of ANY is (F + D) / (P + F + D)', Cause.CAUSE_ANY, counted(15, 2), 3, 25],
  ])('The share %s', (_what, cause, COMMIT, doubted, percent) => {
    expect(fires({ cause, percent }, { COMMIT }, doubted)).toBe(true);
    expect(fires({ cause, percent: percent + 1 }, { COMMIT }, doubted)).toBe(false);
  });

  it('A share counts from min_ended on, by default 20', () => {
    expect([19, 20].map((failed) => fires(P20, { COMMIT: counted(0, failed) }))).toEqual([false, true]);
    expect(fires({ percent: 20, minEnded: 3 }, { COMMIT: counted(0, 3) })).toBe(true);
  });

  it('Shares are per step, so targets at a gate do not hide rejections', () => {
    expect(fires(P20, { COMMIT: counted(500, 0), AUDIT: counted(10, 10) })).toBe(true);
  });

  it('A rule with count adds up the failures of all steps, without what was in doubt at the last resume', () => {
    const tally = { COMMIT: counted(0, 2), RELEASE: counted(0, 1) };
    expect([3, 4].map((count) => fires({ count }, tally))).toEqual([true, false]);
    const resumed = { COMMIT: counted(10, 5, 2) };
    expect(fires({ cause: Cause.CAUSE_IN_DOUBT, count: 6 }, resumed, 7)).toBe(false);
  });

  it('A rule that fires says why, as a sentence and by its numbers', () => {
    const fired = stopRules([rule({ count: 1_000 }), rule(P20)], { tally: AUDITS, waves: [] });
    expect(fired?.why).toEqual({
      detail: '4 of 20 executions of AUDIT failed (rule ANY: 20 percent of at least 20)',
      explanation: {
        reason: 'SHARE_FAILED',
        arguments: { failed: '4', ended: '20', step: 'AUDIT', rule: 'ANY', percent: '20', min_ended: '20' },
      },
    });
    const counted = stopRules([rule({ count: 4 })], { tally: AUDITS, waves: [] });
    expect(counted?.why.explanation).toEqual({
      reason: 'COUNT_FAILED',
      arguments: { failed: '4', rule: 'ANY', limit: '4' },
    });
    expect(fired?.rule.percent).toBe(20);
  });
});

describe('tally', () => {
  it('The tally counts passed and failed executions per step; others count as neither', () => {
    const results = ['passed', 'failed', null, 'passed'] as const;
    const moves = results.map((stepResult) => ({ step: 'CHECK' as const, move: { stepResult } }));
    expect(addToTally({ CHECK: counted(1, 0, 3) }, moves)).toEqual({ CHECK: counted(3, 1, 3) });
  });

  it('The tally starts at zero with a resume, except what is in doubt, which is lowered whenever fewer are', () => {
    const counts = [1, 2].map((wave) => ({ wave, step: 5, state: 'IN_DOUBT', waitsFor: '', targets: wave }));
    expect(newTally(counts)).toEqual({ RELEASE: counted(0, 0, 3) });
    const tally = { RELEASE: counted(1, 1, 3) };
    expect(lowerInDoubt(tally, inDoubt('RELEASE', 1))).toEqual({ RELEASE: counted(1, 1, 1) });
    expect(lowerInDoubt(tally, inDoubt('RELEASE', 5))).toEqual(tally);
  });
});
