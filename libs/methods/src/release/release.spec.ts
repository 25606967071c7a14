import { describe, expect, it } from '@jest/globals';
import { ReleaseRequest, RevertReleaseRequest } from '@wxa/contracts';
import type { VersionInfo } from '@wxa/wxa-client';
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
import { release } from './release.js';
import { revertRelease } from './revert-release.js';

const released = (version: VersionInfo | undefined) => ({
  getVersionInfo: answers({ trial: undefined, release: version }),
});

describe('Release and RevertRelease, reconciled', () => {
  const before = version('1.0');

  it.each<[string, VersionInfo | undefined | null, VersionInfo | undefined, string, string]>([
    ['the released version changed', before, version('2.0', afterClaim(9000)), 'executed', 'executed'],
    [
      'the same version was released again',
      before,
      version('1.0', afterClaim(9000)),
      'inconclusive',
      'executed',
    ],
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

describe('ReleaseRequest', () => {
  it('The preconditions of a release are an audit id from 0 on and a version of at most 64 characters.', () => {
    const fields = (request: Partial<ReleaseRequest>) =>
      invalidFields(release, ReleaseRequest.fromPartial(request));
    expect(fields({})).toEqual([]);
    expect(fields({ expectedAuditId: 9007199254740993n, expectedUserVersion: '版'.repeat(64) })).toEqual([]);
    expect(fields({ expectedAuditId: -1n, expectedUserVersion: 'v'.repeat(65) })).toEqual([
      'expected_audit_id',
      'expected_user_version',
    ]);
  });
});

describe('RevertReleaseRequest', () => {
  it.each([
    ['', []],
    ['12', []],
    ['v1', ['app_version']],
    ['-1', ['app_version']],
  ])('The app_version %p has the violations %j.', (appVersion, fields) => {
    expect(invalidFields(revertRelease, RevertReleaseRequest.fromPartial({ appVersion }))).toEqual(fields);
  });

  it('The expected_user_version of a revert has at most 64 characters.', () => {
    const fields = (expectedUserVersion: string) =>
      invalidFields(revertRelease, RevertReleaseRequest.fromPartial({ expectedUserVersion }));
    expect(fields('版'.repeat(64))).toEqual([]);
    expect(fields('v'.repeat(65))).toEqual(['expected_user_version']);
  });
});
