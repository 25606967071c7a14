import { describe, expect, it } from '@jest/globals';
import { GrayReleaseRequest, RevertGrayReleaseRequest } from '@wxa/contracts';
import type { GrayReleasePlan } from '@wxa/wxa-client';
import { answers, concluded, invalidFields, plan, snapshotOf } from '../fixtures/wechat.js';
import { grayRelease } from './gray-release.js';
import { revertGrayRelease } from './revert-gray-release.js';

const planIs = (now: GrayReleasePlan | undefined) => ({ getGrayReleasePlan: answers({ plan: now }) });

type Plan = GrayReleasePlan | null;
async function check(request: Partial<GrayReleaseRequest>, before: Plan, now?: GrayReleasePlan) {
  const snapshot = before === null ? null : await snapshotOf(grayRelease, planIs(before));
  const facts = { request: GrayReleaseRequest.fromPartial(request), snapshot };
  return concluded(grayRelease, facts, planIs(now));
}

/** The flags are missing in the example of WeChat's page. */
const withoutFlags = (full: GrayReleasePlan): GrayReleasePlan => ({
  ...full,
  ...{ supportDebuggerFirst: undefined, supportExperiencerFirst: undefined },
});

describe('GrayRelease and RevertGrayRelease, reconciled', () => {
  const none = plan('INITIAL', 0);
  const running = (percentage: number) => plan('RUNNING', percentage);

  it.each<[string, GrayReleasePlan | null, GrayReleasePlan | undefined, string, string]>([
    ['runs at 10 %', none, running(10), 'executed', 'not-executed'],
    ['ran at 10 % before', running(10), running(10), 'not-executed', 'not-executed'],
    ['runs at another percentage', none, running(50), 'inconclusive', 'not-executed'],
    ['has not begun', none, plan('INITIAL', 0), 'not-executed', 'executed'],
    ['is deleted', running(5), plan('DELETED', 5), 'inconclusive', 'executed'],
    ['has no flags and runs at 10 %', none, withoutFlags(running(10)), 'executed', 'not-executed'],
    ['is completed', running(5), plan('COMPLETED', 100), 'inconclusive', 'inconclusive'],
    ['is unknown, without a snapshot', null, undefined, 'inconclusive', 'executed'],
  ])('If the plan %s, a gray release to 10 %% and a revert conclude accordingly.', async (...given) => {
    const [, before, now, ofRelease, ofRevert] = given;
    expect(await check({ percentage: 10 }, before, now)).toMatchObject({ kind: ofRelease });
    expect(await concluded(revertGrayRelease, {}, planIs(now))).toMatchObject({ kind: ofRevert });
  });

  it.each([
    ['completed at 100 %', plan('COMPLETED', 100), 'executed'],
    ['completed at another percentage', plan('COMPLETED', 50), 'inconclusive'],
  ])('If the plan is %s, a gray release to 100 %% concludes accordingly.', async (_what, now, kind) => {
    expect(await check({ percentage: 100 }, running(50), now)).toMatchObject({ kind });
  });

  it.each([
    ['runs for debuggers', { ...running(0), supportDebuggerFirst: true }, 'executed'],
    ['runs for no group', running(0), 'inconclusive'],
    ['has not begun', none, 'not-executed'],
  ])('If the plan %s, a gray release to debuggers only concludes accordingly.', async (_what, now, kind) => {
    const request = { percentage: 0, supportDebuggerFirst: true };
    expect(await check(request, none, now)).toMatchObject({ kind });
  });
});

describe('GrayReleaseRequest', () => {
  const fields = (request: Partial<GrayReleaseRequest>) =>
    invalidFields(grayRelease, GrayReleaseRequest.fromPartial(request));

  it('The percentage of a gray release is 1 to 100, or 0 with a flag.', () => {
    const flags = [{ supportDebuggerFirst: true }, { supportExperiencerFirst: true }];
    for (const valid of [{ percentage: 1 }, { percentage: 100 }, ...flags]) expect(fields(valid)).toEqual([]);
    for (const percentage of [0, 101, -1]) expect(fields({ percentage })).toEqual(['percentage']);
    expect(fields({ percentage: 101, supportDebuggerFirst: true })).toEqual(['percentage']);
  });

  it('The preconditions of a gray release are those of a release, and its revert has the audit id.', () => {
    const expected = { expectedAuditId: -1n, expectedUserVersion: 'v'.repeat(65) };
    const names = ['expected_audit_id', 'expected_user_version'];
    expect(fields({ percentage: 1, ...expected })).toEqual(names);
    const revert = RevertGrayReleaseRequest.fromPartial({ expectedAuditId: -1n });
    expect(invalidFields(revertGrayRelease, revert)).toEqual(['expected_audit_id']);
  });
});
