import { describe, expect, it } from '@jest/globals';
import { METHODS, type Method, RolloutCheck } from '@wxa/contracts';
import { ROOMS, type Rule, violationsBy } from '@wxa/methods';
import { APPID, CHECKED, contextOf, ITEM, ROLLOUT_ID, specOf, targetOf } from '../fixtures/samples.js';
import type { FirstTarget, Target } from '../target.js';
import { requestOf, submitAuditRequest, type TargetRequest } from './request-of.js';

const gray = { graySteps: [{ percentage: 10, supportDebuggerFirst: true }, { percentage: 50 }] };
const spec = specOf({
  ...CHECKED,
  release: gray,
  audit: { ...specOf().audit, versionDesc: 'new', privacyApiNotUsed: true },
});
const FIRST: FirstTarget = {
  step: 'VERIFY',
  auditId: '77',
  grayShare: null,
  isReleased: true,
  auditState: null,
};
const request = (fields: Partial<Target>, isRollback = false): TargetRequest | undefined =>
  requestOf(targetOf({ attempt: 3, ...fields }), contextOf({ spec, isRollback }), isRollback ? FIRST : null);

const EXPECTED = { expectedAuditId: '5', expectedUserVersion: '1.2.3' };

const ROWS: { at: Partial<Target>; name: string; method: Method; fields: object }[] = [
  {
    at: { step: 'COMMIT' },
    name: 'commit',
    method: 'Commit',
    fields: { templateId: '7', extJson: `{"extAppid":"${APPID}"}`, userVersion: '1.2.3' },
  },
  { at: { step: 'CHECK', part: 0 }, name: 'check0', method: 'GetVersionInfo', fields: {} },
  { at: { step: 'CHECK', part: 1 }, name: 'check1', method: 'ListPages', fields: {} },
  { at: { step: 'CHECK', part: 2 }, name: 'check2', method: 'ListCategories', fields: {} },
  { at: { step: 'CHECK', part: 3 }, name: 'check3', method: 'GetPrivacyCheck', fields: {} },
  { at: { step: 'CHECK', part: 9 }, name: 'check9', method: 'GetPrivacyCheck', fields: {} },
  {
    at: { step: 'SUBMIT_AUDIT' },
    name: 'submit',
    method: 'SubmitAudit',
    fields: {
      versionDesc: 'new',
      privacyApiNotUsed: true,
      waitForPrivacyCheck: true,
      expectedUserVersion: '1.2.3',
      failWithoutQuota: true,
    },
  },
  { at: { step: 'SUBMIT_AUDIT', part: 1 }, name: 'undo', method: 'UndoAudit', fields: {} },
  { at: { step: 'SUBMIT_AUDIT', part: 2 }, name: 'check0', method: 'GetLatestAuditStatus', fields: {} },
  { at: { step: 'AUDIT', auditId: '5' }, name: 'speedup', method: 'SpeedUpAudit', fields: { auditId: '5' } },
  {
    at: { step: 'RELEASE', auditId: '5' },
    name: 'gray0',
    method: 'GrayRelease',
    fields: { percentage: 10, supportDebuggerFirst: true, ...EXPECTED },
  },
  { at: { step: 'RELEASE', part: 2, auditId: '5' }, name: 'release', method: 'Release', fields: EXPECTED },
  { at: { step: 'VERIFY', part: 3 }, name: 'verify3', method: 'GetVersionInfo', fields: {} },
];

describe('requestOf', () => {
  it.each(ROWS)('$at.step $at.part is $method under the key $name', ({ at, name, method, fields }) => {
    const made = request(at);
    expect(made).toMatchObject({ method, requestId: `rollout-${ROLLOUT_ID}-${name}-3` });
    expect(made?.request).toMatchObject({ appid: APPID, requestId: made?.requestId, ...fields });
  });

  it.each([
    { part: 0, method: 'RevertRelease', fields: { expectedUserVersion: '1.2.3' } },
    { part: 1, method: 'RevertGrayRelease', fields: { expectedAuditId: '77' } },
    { part: 2, method: 'RevertRelease', fields: { expectedUserVersion: '1.2.3' } },
  ])('ROLL_BACK $part is $method under the key rollback$part', ({ part, method, fields }) => {
    const made = request({ step: 'ROLL_BACK', part }, true);
    expect(made).toMatchObject({ method, requestId: `rollout-${ROLLOUT_ID}-rollback${part}-3` });
    expect(made?.request).toMatchObject(fields);
  });

  it('A release that the rollout did not submit expects any audit of its version', () => {
    const made = request({ step: 'RELEASE', part: 2, auditId: null });
    expect(made?.request).toMatchObject({ expectedUserVersion: '1.2.3' });
    expect(made?.request.expectedAuditId).toBeUndefined();
  });

  it('Every request is valid by the rules of its method', () => {
    for (const { at } of ROWS) {
      const made = request({ ...at, items: [ITEM] });
      if (made === undefined) continue;
      const message = METHODS[made.method].request.fromJSON(made.request);
      expect(violationsBy(ROOMS[made.method].validate as readonly Rule<unknown>[], message)).toEqual([]);
    }
  });

  it('Items: those of the mini-program, else the fixed ones, else those that a rule built', () => {
    const own = { ...ITEM, address: 'pages/own' };
    const built = { ...ITEM, address: 'pages/built' };
    const rule = contextOf({ spec: specOf(CHECKED) });
    const itemsOf = (target: Target, context = contextOf({ spec })) =>
      (submitAuditRequest(target, context)?.request.items as { address: string }[] | undefined)?.[0]?.address;
    expect(itemsOf(targetOf({ items: [own] }))).toBe('pages/own');
    expect(itemsOf(targetOf())).toBe(ITEM.address);
    expect(itemsOf(targetOf({ checkedItems: [built] }), rule)).toBe('pages/built');
    expect(submitAuditRequest(targetOf(), rule)?.request.items).toBeUndefined();
    expect(requestOf(targetOf({ step: 'SUBMIT_AUDIT' }), rule, null)).toBeUndefined();
  });

  it('A check that nothing needs has no request', () => {
    const without = contextOf({ spec: specOf({ checks: [RolloutCheck.ROLLOUT_CHECK_BASELINE] }) });
    expect(requestOf(targetOf({ step: 'CHECK', part: 1 }), without, null)).toBeUndefined();
  });
});
