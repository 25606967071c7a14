import { describe, expect, it } from '@jest/globals';
import {
  ChangeVisitStatusRequest,
  ReleaseRequest,
  RevertReleaseRequest,
  SetSupportVersionRequest,
  VisitStatus,
} from '@wxa/contracts';
import { API, type VersionInfo } from '@wxa/wxa-client';
import {
  afterClaim,
  answers,
  audit,
  concluded,
  invalidFields,
  latestAuditIs,
  snapshotOf,
  version,
} from '../fixtures/wechat.js';
import { changeVisitStatus } from './change-visit-status.js';
import { release } from './release.js';
import { revertRelease } from './revert-release.js';
import { setSupportVersion } from './set-support-version.js';

const released = (version: VersionInfo | undefined) => ({
  getVersionInfo: answers({ trial: undefined, release: version }),
});

describe('Release and RevertRelease, reconciled', () => {
  const before = version('1.0');
  const again = version('1.0', afterClaim(9000));

  it.each<[string, VersionInfo | undefined | null, VersionInfo | undefined, string, string]>([
    ['the released version changed', before, version('2.0', afterClaim(9000)), 'executed', 'executed'],
    ['the same version was released again', before, again, 'inconclusive', 'executed'],
    ['nothing changed', before, version('1.0'), 'not-executed', 'not-executed'],
    ['it is the first release', undefined, version('2.0'), 'executed', 'executed'],
    ['there is no snapshot', null, version('2.0'), 'inconclusive', 'inconclusive'],
  ])('If %s, the release and the revert conclude accordingly.', async (...given) => {
    const [, old, now, ofRelease, ofRevert] = given;
    const snapshot = old === null ? null : await snapshotOf(release, released(old));
    const client = { ...released(now), ...latestAuditIs(audit(8n, 'APPROVED')) };
    expect(await concluded(release, { snapshot }, client)).toMatchObject({ kind: ofRelease });
    expect(await concluded(revertRelease, { snapshot }, client)).toMatchObject({ kind: ofRevert });
  });
});

it('The reconciliation of a release reads the latest audit, with a reservation, only if the version changed.', async () => {
  const snapshot = await snapshotOf(release, released(version('1.0')));
  const callsAfter = async (now: string) => {
    const calls: string[] = [];
    const getLatestAuditStatus = async () => {
      calls.push('read');
      return { kind: 'ok', value: audit(8n, 'APPROVED') } as const;
    };
    const reserve = async (api: string) => void calls.push(api);
    const client = { ...released(version(now)), getLatestAuditStatus };
    await concluded(release, { snapshot }, client, { reserve });
    return calls;
  };
  expect(await callsAfter('2.0')).toEqual([API.getLatestAuditStatus, 'read']);
  expect(await callsAfter('1.0')).toEqual([]);
});

describe('ReleaseRequest and RevertReleaseRequest', () => {
  const ofRelease = (request: Partial<ReleaseRequest>) =>
    invalidFields(release, ReleaseRequest.fromPartial(request));
  const ofRevert = (request: Partial<RevertReleaseRequest>) =>
    invalidFields(revertRelease, RevertReleaseRequest.fromPartial(request));
  const [longest, tooLong] = ['版'.repeat(64), 'v'.repeat(65)];

  it('The reason of a change is a text of at most 2,000 characters.', () => {
    expect(ofRelease({ reason: '因'.repeat(2000) })).toEqual([]);
    const reason = 'x'.repeat(2001);
    expect(ofRelease({ reason })).toEqual(['reason']);
    expect(ofRevert({ reason })).toEqual(['reason']);
    const status = VisitStatus.VISIT_STATUS_CLOSED;
    const visit = ChangeVisitStatusRequest.fromPartial({ status, reason });
    expect(invalidFields(changeVisitStatus, visit)).toEqual(['reason']);
    const support = SetSupportVersionRequest.fromPartial({ version: '2.27.0', reason });
    expect(invalidFields(setSupportVersion, support)).toEqual(['reason']);
  });

  it('The preconditions of a release are an audit id from 0 on and a version of at most 64 characters.', () => {
    expect(ofRelease({})).toEqual([]);
    expect(ofRelease({ expectedAuditId: 9007199254740993n, expectedUserVersion: longest })).toEqual([]);
    const fields = ['expected_audit_id', 'expected_user_version'];
    expect(ofRelease({ expectedAuditId: -1n, expectedUserVersion: tooLong })).toEqual(fields);
  });

  it('A revert has a number as app_version, or none, and an expected version of at most 64 characters.', () => {
    for (const appVersion of ['', '12']) expect(ofRevert({ appVersion })).toEqual([]);
    for (const appVersion of ['v1', '-1']) expect(ofRevert({ appVersion })).toEqual(['app_version']);
    expect(ofRevert({ expectedUserVersion: longest })).toEqual([]);
    expect(ofRevert({ expectedUserVersion: tooLong })).toEqual(['expected_user_version']);
  });
});

describe('ChangeVisitStatus', () => {
  it.each([
    [VisitStatus.VISIT_STATUS_OPEN, true, 'executed'],
    [VisitStatus.VISIT_STATUS_OPEN, false, 'not-executed'],
    [VisitStatus.VISIT_STATUS_CLOSED, false, 'executed'],
    [VisitStatus.VISIT_STATUS_CLOSED, true, 'not-executed'],
  ])('A change to %s, if WeChat says visible: %s, is %s.', async (status, visible, kind) => {
    const request = ChangeVisitStatusRequest.fromPartial({ status });
    const client = { getVisitStatus: answers({ visible }) };
    expect(await concluded(changeVisitStatus, { request }, client)).toMatchObject({ kind });
  });

  it('A status that is unspecified or unknown is a violation.', () => {
    const fields = (status: VisitStatus) =>
      invalidFields(changeVisitStatus, ChangeVisitStatusRequest.fromPartial({ status }));
    const { VISIT_STATUS_CLOSED, VISIT_STATUS_UNSPECIFIED, UNRECOGNIZED } = VisitStatus;
    const found = [VISIT_STATUS_CLOSED, VISIT_STATUS_UNSPECIFIED, UNRECOGNIZED].map(fields);
    expect(found).toEqual([[], ['status'], ['status']]);
  });
});

describe('SetSupportVersion', () => {
  it.each([
    ['1.1.0', 'executed'],
    ['1.1.1', 'not-executed'],
  ])('A change to %s, if WeChat has 1.1.0, is %s.', async (version, kind) => {
    const request = SetSupportVersionRequest.fromPartial({ version });
    const client = { getSupportVersion: answers({ nowVersion: '1.1.0', shares: [] }) };
    expect(await concluded(setSupportVersion, { request }, client)).toMatchObject({ kind });
  });

  it('A missing version is a violation.', () => {
    const fields = (version: string) =>
      invalidFields(setSupportVersion, SetSupportVersionRequest.fromPartial({ version }));
    expect([fields('1.0.0'), fields('')]).toEqual([[], ['version']]);
  });
});
