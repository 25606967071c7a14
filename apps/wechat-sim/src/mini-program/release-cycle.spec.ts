import { describe, expect, it } from '@jest/globals';
import type { Call } from '../model/api.js';
import { type MiniProgram, newMiniProgram } from '../model/mini-program.js';
import { type AuditQuota, newPlatform } from '../model/platform.js';
import { decideAudit, getAuditStatus, getLatestAuditStatus, submitAudit, undoAudit } from './audits.js';
import { commit } from './commit.js';
import { getGrayReleasePlan, grayRelease, revertGrayRelease } from './gray.js';
import { getHistoryVersion, getVersionInfo, release, revertRelease } from './releases.js';

const NOW = Date.UTC(2026, 2, 1, 4);
const CLASSES = { first_class: '文娱', second_class: '资讯', first_id: 1, second_id: 2 };

const platform = newPlatform();
const newApp = () => newMiniProgram('wx0123456789abcdef');

function call(body: Call['body'] = {}, query = '', now = NOW): Call {
  const undoQuota = { perDay: 1, perMonth: 2 };
  return { body, query: new URLSearchParams(query), now, undoQuota, platform, openAudits: () => 0 };
}

function commitVersion(app: MiniProgram, version: string): void {
  expect(commit(app, call({ template_id: 0, ext_json: '{}', user_version: version })).errcode).toBe(0);
}

function submit(app: MiniProgram, now = NOW): number {
  return submitAudit(app, call({ item_list: [CLASSES] }, '', now)).errcode;
}

function approved(app: MiniProgram, version: string): void {
  commitVersion(app, version);
  expect(submit(app)).toBe(0);
  decideAudit(app, { decision: 'approve' }, NOW);
}

function released(...versions: string[]): MiniProgram {
  const app = newApp();
  for (const version of versions) {
    approved(app, version);
    expect(release(app, call()).errcode).toBe(0);
  }
  return app;
}

describe('audits', () => {
  it('An audit is open until it is decided, and stays open when it is delayed', () => {
    const app = newApp();
    expect(submit(app)).toBe(86001);
    commitVersion(app, 'v1');
    expect([submit(app), submit(app)]).toEqual([0, 85009]);
    decideAudit(app, { decision: 'delay', reason: 'later' }, NOW);
    expect(submit(app)).toBe(85009);
    decideAudit(app, { decision: 'reject', reason: 'no', screenshot: 'a|b' }, NOW);
    expect(decideAudit(app, { decision: 'approve' }, NOW)).toBeUndefined();
    expect(submit(app)).toBe(0);
    const fields = { status: 1, reason: 'no', screenshot: 'a|b', user_version: 'v1' };
    const [first, second] = app.audits.map(({ auditId }) => String(auditId));
    expect(getAuditStatus(app, call({ auditid: first })).fields).toMatchObject(fields);
    expect(getLatestAuditStatus(app).fields).toMatchObject({ auditid: second, status: 2 });
  });

  it('Audits are numbered across mini-programs, unless the control API has set the next number of one', () => {
    const [one, other] = [newMiniProgram('wx0123456789abcde1'), newMiniProgram('wx0123456789abcde2')];
    for (const app of [one, other, one]) approved(app, 'v1');
    const [first = 0n, third] = one.audits.map(({ auditId }) => auditId);
    expect([other.audits[0]?.auditId, third]).toEqual([first + 1n, first + 2n]);
    other.nextAuditId = 7n;
    approved(other, 'v2');
    expect(other.audits.at(-1)?.auditId).toBe(7n);
  });

  it('An audit keeps the version it was submitted with after another commit', () => {
    const app = newApp();
    approved(app, 'v1');
    commitVersion(app, 'v2');
    expect(release(app, call()).effect).toBe('release v1');
    const both = { exp_info: { exp_version: 'v2' }, release_info: { release_version: 'v1' } };
    expect(getVersionInfo(app).fields).toMatchObject(both);
  });
});

it('submit_audit returns 85085 when no audit is left or too many are open, and consumes none', () => {
  const app = newApp();
  commitVersion(app, 'v1');
  const platform = newPlatform();
  const submitWith = (quota: Partial<AuditQuota>, open: number) => {
    Object.assign(platform.auditQuota, quota);
    const given = { ...call({ item_list: [CLASSES] }), platform, openAudits: () => open };
    return submitAudit(app, given).errcode;
  };
  expect(submitWith({ rest: 0 }, 0)).toBe(85085);
  expect([submitWith({ rest: 5, maxOpen: 2 }, 2), submitWith({ maxOpen: 0 }, 0)]).toEqual([85085, 85085]);
  expect(platform.auditQuota.rest).toBe(5);
  expect(submitWith({ maxOpen: 2 }, 1)).toBe(0);
  expect(platform.auditQuota.rest).toBe(4);
});

it('submit_audit names forbidden private APIs unless privacy_api_not_use is set', () => {
  const app = newApp();
  app.forbiddenPrivateApis = ['getLocation'];
  commitVersion(app, 'v1');
  const submitWith = (more: object) => submitAudit(app, call({ item_list: [CLASSES], ...more }));
  const refused = { errcode: 61040, errmsg: expect.stringContaining('隐私接口getLocation无权限') };
  expect(submitWith({})).toEqual(refused);
  expect(submitWith({ privacy_api_not_use: false })).toEqual(refused);
  expect(submitWith({ privacy_api_not_use: true }).errcode).toBe(0);
});

const undo = (app: MiniProgram, now: number) => undoAudit(app, call({}, '', now)).errcode;

it('undocodeaudit withdraws the open audit within the quotas of a Chinese day and month', () => {
  const app = newApp();
  commitVersion(app, 'v1');
  expect(undo(app, NOW)).toBe(85019);
  submit(app);
  expect(undo(app, NOW)).toBe(0);
  expect(getLatestAuditStatus(app).fields).toMatchObject({ status: 3 });
  submit(app);
  const midnight = Date.UTC(2026, 2, 1, 16);
  expect([undo(app, midnight - 1), undo(app, midnight)]).toEqual([87013, 0]);
  submit(app);
  const aprilInChina = Date.UTC(2026, 2, 31, 16);
  expect([undo(app, aprilInChina - 1), undo(app, aprilInChina)]).toEqual([87013, 0]);
});

it('release needs an approved audit that is not released yet', () => {
  const app = newApp();
  const errcode = () => release(app, call()).errcode;
  expect(errcode()).toBe(85019);
  commitVersion(app, 'v1');
  submit(app);
  expect(errcode()).toBe(85020);
  decideAudit(app, { decision: 'reject' }, NOW);
  expect(errcode()).toBe(85020);
  approved(app, 'v2');
  expect([errcode(), errcode()]).toEqual([0, 85019]);
});

describe('revert', () => {
  const revert = (app: MiniProgram, query = '') => revertRelease(app, call({}, query));
  const liveVersion = (app: MiniProgram) => app.live?.version.userVersion;

  it('Each revertcoderelease goes back one version until none is left', () => {
    const app = released('v1', 'v2', 'v3');
    const version_list = [{ user_version: 'v2', app_version: 2 }, { user_version: 'v1' }];
    expect(getHistoryVersion(app).fields).toMatchObject({ version_list });
    expect([revert(app).effect, revert(app).effect]).toEqual(['revert v2', 'revert v1']);
    expect(revert(app).errcode).toBe(87012);
    expect(liveVersion(app)).toBe('v1');
  });

  it('revertcoderelease goes to the given version, never to one it came from', () => {
    const app = released('v1', 'v2', 'v3');
    expect(revert(app, 'app_version=x').errcode).toBe(40097);
    expect(revert(app, 'app_version=3').errcode).toBe(87012);
    expect(revert(app, 'app_version=1').errcode).toBe(0);
    expect([liveVersion(app), revert(app, 'app_version=2').errcode]).toEqual(['v1', 87012]);
  });

  it('revertcoderelease keeps five versions and is rejected while a gray release runs', () => {
    const app = released('1', '2', '3', '4', '5', '6', '7');
    expect(app.history.map((one) => one.version.userVersion)).toEqual(['2', '3', '4', '5', '6']);
    approved(app, '8');
    grayRelease(app, call({ gray_percentage: 5 }));
    expect(revert(app).errcode).toBe(87011);
  });
});

describe('gray release', () => {
  const gray = (app: MiniProgram, gray_percentage: unknown, more = {}) =>
    grayRelease(app, call({ gray_percentage, ...more })).errcode;
  const plan = (app: MiniProgram) => getGrayReleasePlan(app).fields?.gray_release_plan;

  it('grayrelease needs a released version, an approved audit and a valid, higher percentage', () => {
    const app = newApp();
    approved(app, 'v1');
    expect(gray(app, 1)).toBe(85079);
    release(app, call());
    expect(gray(app, 1)).toBe(85080);
    approved(app, 'v2');
    expect([-1, 101, 1.5, '5', 0, undefined].map((share) => gray(app, share))).toEqual(Array(6).fill(85081));
    expect(gray(app, 0, { support_debuger_first: true })).toBe(0);
    expect([gray(app, 10), gray(app, 10), gray(app, 9), gray(app, 11)]).toEqual([0, 85082, 85082, 0]);
    expect(plan(app)).toMatchObject({ status: 1, gray_percentage: 11, create_timestamp: NOW / 1000 });
    app.notInitialized = true;
    expect(gray(app, 12)).toBe(86002);
  });

  it('A gray release is completed by a release and deleted by a revert', () => {
    const app = released('v1');
    expect(plan(app)).toMatchObject({ status: 0 });
    approved(app, 'v2');
    gray(app, 10);
    expect(revertGrayRelease(app).effect).toBe('revert_gray');
    expect(revertGrayRelease(app).effect).toBeUndefined();
    expect(plan(app)).toMatchObject({ status: 4 });
    expect(gray(app, 5)).toBe(0);
    release(app, call());
    expect(plan(app)).toMatchObject({ status: 3, gray_percentage: 5 });
  });
});
