import { describe, expect, it } from '@jest/globals';
import { auditRules, countedRules, takeRule } from './audit-rules.js';

const rulesOf = (...rules: object[]) => countedRules(auditRules.parse(rules));
const APPIDS = Array.from({ length: 100 }, (_, index) => `wx${String(index).padStart(16, '0')}`);

describe('takeRule', () => {
  it('The first rule whose pattern matches the whole appid applies', () => {
    const rules = rulesOf(
      { appid: 'wx0000000000000007', decision: 'reject' },
      { appid: 'wx*1', decision: 'delay' },
      { appid: 'wx00*', decision: 'approve' },
    );
    const decisionFor = (appid: string) => takeRule(rules, appid)?.decision;
    expect(decisionFor('wx0000000000000007')).toBe('reject');
    expect(decisionFor('wx0000000000000001')).toBe('delay');
    expect(decisionFor('wx0000000000000010')).toBe('approve');
    expect(decisionFor('wx1000000000000000')).toBeUndefined();
  });

  it.each([
    [0, 0],
    [0.1, 10],
    [0.3, 30],
    [0.29, 29],
    [1, 100],
  ])('A rule with share %d applies to %i of 100 audits, and the next rule to the others', (share, count) => {
    const rules = rulesOf({ share, decision: 'reject' }, { decision: 'approve' });
    for (const appid of APPIDS) takeRule(rules, appid);
    expect(rules).toMatchObject([
      { matched: 100, applied: count },
      { matched: 100 - count, applied: 100 - count },
    ]);
  });

  it('A share is spread evenly over the audits', () => {
    const rules = rulesOf({ share: 0.25, decision: 'reject' });
    const applied = APPIDS.slice(0, 8).map((appid) => takeRule(rules, appid) !== undefined);
    expect(applied).toEqual([false, false, false, true, false, false, false, true]);
  });
});

describe('auditRules', () => {
  it('A rule applies to every audit immediately by default', () => {
    expect(auditRules.parse([{ decision: 'approve' }])).toEqual([
      { decision: 'approve', appid: '*', share: 1, delayMs: 0 },
    ]);
  });

  it.each([
    [{}, 'decision'],
    [{ decision: 'withdraw' }, 'decision'],
    [{ decision: 'approve', appid: '.+' }, 'appid'],
    [{ decision: 'approve', share: 10 }, 'share'],
    [{ decision: 'approve', delayMs: 2 ** 31 }, 'delayMs'],
    [{ decision: 'approve', after: 1 }, undefined],
  ])('The rule %j is rejected for its field %s', (rule, field) => {
    const { error } = auditRules.safeParse([rule]);
    expect(error?.issues.map(({ path }) => path[1])).toEqual([field]);
  });
});
