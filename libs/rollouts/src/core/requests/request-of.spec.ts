import { expect, it } from '@jest/globals';
import { METHODS, type Method, RolloutCheck } from '@wxa/contracts';
import { ROOMS, type Rule, violationsBy } from '@wxa/methods';
import {
  APPID,
  CHECKED,
  contextOf,
  factsOf,
  ITEM,
  ROLLOUT_ID,
  specOf,
  targetOf,
} from '../fixtures/samples.js';
import type { FirstTarget, Target } from '../target.js';
import { requestOf, submitAuditRequest, type TargetRequest } from './request-of.js';

const gray = { graySteps: [{ percentage: 10, supportDebuggerFirst: true }, { percentage: 50 }] };
const spec = specOf({
  ...CHECKED,
  release: gray,
  audit: { ...specOf().audit, versionDesc: 'new', privacyApiNotUsed: true },
});
const FIRST: FirstTarget = {
  ...{ step: 'VERIFY', auditId: '77', grayShare: null, isReleased: true, auditState: null },
};
const request = (fields: Partial<Target>, isRollback = false): TargetRequest | undefined =>
  requestOf(targetOf({ attempt: 3, ...fields }), contextOf({ spec, isRollback }), {
    first: isRollback ? FIRST : null,
    settings: null,
  });

const EXPECTED = { expectedAuditId: '5', expectedUserVersion: '1.2.3' };
const COMMITTED = { templateId: '7', extJson: `{"extAppid":"${APPID}"}`, userVersion: '1.2.3' };
const SUBMITTED = {
  ...{ versionDesc: 'new', privacyApiNotUsed: true, waitForPrivacyCheck: true },
  ...{ expectedUserVersion: '1.2.3', failWithoutQuota: true },
};
const GRAY = { percentage: 10, supportDebuggerFirst: true, ...EXPECTED };

/** Step, part, the name in the key, the method, and fields of the request. */
const ROWS: [Target['step'], number, string, Method, object][] = [
  ['COMMIT', 0, 'commit', 'Commit', COMMITTED],
  ['CHECK', 0, 'check0', 'GetVersionInfo', {}],
  ['CHECK', 1, 'check1', 'ListPages', {}],
  ['CHECK', 2, 'check2', 'ListCategories', {}],
  ['CHECK', 3, 'check3', 'GetPrivacyCheck', {}],
  ['CHECK', 9, 'check9', 'GetPrivacyCheck', {}],
  ['SUBMIT_AUDIT', 0, 'submit', 'SubmitAudit', SUBMITTED],
  ['SUBMIT_AUDIT', 1, 'undo', 'UndoAudit', {}],
  ['SUBMIT_AUDIT', 2, 'check0', 'GetLatestAuditStatus', {}],
  ['AUDIT', 0, 'speedup', 'SpeedUpAudit', { auditId: '5' }],
  ['RELEASE', 0, 'gray0', 'GrayRelease', GRAY],
  ['RELEASE', 2, 'release', 'Release', EXPECTED],
  ['VERIFY', 3, 'verify3', 'GetVersionInfo', {}],
];
const ROLLBACK_ROWS: typeof ROWS = [
  ['ROLL_BACK', 0, 'rollback0', 'RevertRelease', { expectedUserVersion: '1.2.3' }],
  ['ROLL_BACK', 1, 'rollback1', 'RevertGrayRelease', { expectedAuditId: '77' }],
  ['ROLL_BACK', 2, 'rollback2', 'RevertRelease', { expectedUserVersion: '1.2.3' }],
];

it.each([...ROWS, ...ROLLBACK_ROWS])('%s %d has the key %s and is %s', (step, part, name, method, fields) => {
  const made = request({ step, part, auditId: '5' }, step === 'ROLL_BACK');
  const requestId = `rollout-${ROLLOUT_ID}-${name}-3`;
  expect(made).toMatchObject({ method, requestId, request: { appid: APPID, requestId, ...fields } });
});

it('A release that the rollout did not submit expects any audit of its version', () => {
  const made = request({ step: 'RELEASE', part: 2, auditId: null });
  expect(made?.request).toMatchObject({ expectedUserVersion: '1.2.3' });
  expect(made?.request.expectedAuditId).toBeUndefined();
});

it('Every request is valid by the rules of its method', () => {
  for (const [step, part] of [...ROWS, ...ROLLBACK_ROWS]) {
    const made = request({ step, part, auditId: '5', items: [ITEM] }, step === 'ROLL_BACK');
    if (made === undefined) throw new Error(`no request of ${step}`);
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
  expect(requestOf(targetOf({ step: 'SUBMIT_AUDIT' }), rule, factsOf())).toBeUndefined();
});

it('A check that nothing needs has no request', () => {
  const without = contextOf({ spec: specOf({ checks: [RolloutCheck.ROLLOUT_CHECK_BASELINE] }) });
  expect(requestOf(targetOf({ step: 'CHECK', part: 1 }), without, factsOf())).toBeUndefined();
});
