import { describe, expect, it } from '@jest/globals';
import { CommitRequest, GetTrialQrCodeRequest } from '@wxa/contracts';
import type { VersionInfos } from '@wxa/wxa-client';
import { violationsBy } from '../checks.js';
import { afterClaim, answers, concluded, version } from '../fixtures/wechat.js';
import { commit } from './commit.js';
import { getTrialQrCode } from './get-trial-qr-code.js';

describe('Commit, reconciled', () => {
  const request = CommitRequest.fromPartial({ userVersion: '2.0', userDesc: 'd' });

  it.each<[string, VersionInfos['trial'], string]>([
    ['has its version and is newer than the claim', version('2.0', afterClaim(2000)), 'executed'],
    ['was created in the second of the claim', version('2.0', new Date('2026-01-02T03:04:05Z')), 'executed'],
    ['has its version, but is older', version('2.0', new Date('2026-01-02T03:04:04Z')), 'not-executed'],
    ['has another version', version('1.0', afterClaim(2000)), 'not-executed'],
    ['has another description', version('2.0', afterClaim(2000), 'e'), 'not-executed'],
    ['does not exist', undefined, 'not-executed'],
  ])('A commit whose trial version %s is %s.', async (...[, trial, kind]) => {
    const client = { getVersionInfo: answers({ trial, release: undefined }) };
    expect(await concluded(commit, { request }, client)).toMatchObject({ kind });
  });
});

describe('CommitRequest', () => {
  const violations = (fields: Partial<CommitRequest>) =>
    violationsBy(
      commit.validate,
      CommitRequest.fromPartial({ templateId: 1n, userVersion: 'V1', ...fields }),
    );
  const fields = (request: Partial<CommitRequest>) => violations(request).map(({ field }) => field);
  const extJson = (value: string) => violations({ extConfig: { $case: 'extJson', value } });
  const ext = (value: Record<string, unknown>) => violations({ extConfig: { $case: 'ext', value } });

  it('A user_version is 1 to 64 characters, however long their bytes, and none of control.', () => {
    for (const userVersion of ['v', '版'.repeat(64), '🎉'.repeat(64)])
      expect(violations({ userVersion })).toEqual([]);
    for (const userVersion of ['', '版'.repeat(65), '🎉'.repeat(65), 'a\nb', 'a\u0000'])
      expect([userVersion, fields({ userVersion })]).toEqual([userVersion, ['user_version']]);
  });

  it('A template_id is required, because 0 is one too, and valid from 0 on, however large.', () => {
    const field = 'template_id';
    for (const templateId of [0n, 9223372036854775807n]) expect(violations({ templateId })).toEqual([]);
    expect(violations({ templateId: -1n })).toMatchObject([
      { field, description: 'must be at least 0, is -1' },
    ]);
    const missing = violationsBy(commit.validate, CommitRequest.fromJSON({ userVersion: 'V1' }));
    expect(missing).toMatchObject([{ field, reason: 'REQUIRED' }]);
  });

  it.each(['{}', ' {"ext":{"a":"小程序"}} ', '{"a":"\\u0000"}'])('The ext_json %p is valid.', (value) => {
    expect(extJson(value)).toEqual([]);
  });

  it.each([
    ['', /^must be a JSON object: /],
    ['{"a":"\u0000"}', /^must be a JSON object: /],
    ['{"a":}', /^must be a JSON object: .*position 5/],
    ['{"pages":["index":"x"]}', /^must be a JSON object: .*position 17/],
    ['[]', /is a list$/],
    ['null', /is null$/],
    ['"text"', /is a string$/],
    ['1', /is a number$/],
  ])('The ext_json %p is a violation that says what is wrong.', (value, description) => {
    expect(extJson(value)).toMatchObject([
      { field: 'ext_json', description: expect.stringMatching(description) },
    ]);
  });

  it('A Struct is valid, except for values that JSON does not have.', () => {
    expect(ext({ a: { b: [1, null, 'x', true] } })).toEqual([]);
    const faulty = ext({ a: { b: [1, Number.NaN] }, c: Number.POSITIVE_INFINITY, d: undefined });
    expect(faulty.map(({ field }) => field)).toEqual(['ext.a.b[1]', 'ext.c', 'ext.d']);
  });

  it('A user_desc may have line breaks and tabs, but no other control characters.', () => {
    expect(fields({ userDesc: '一\n二\t三🎉' })).toEqual([]);
    expect(fields({ userDesc: 'a\u0000' })).toEqual(['user_desc']);
  });

  it('An ext_json of more than 100 levels is a violation with a description of its own.', () => {
    const closed = `{"a":${'['.repeat(100)}${']'.repeat(100)}}`;
    const description = 'must have at most 100 levels of nested objects and lists, has more';
    for (const value of ['['.repeat(60_000), '['.repeat(700_000), '{"a":'.repeat(1000), closed])
      expect(extJson(value)).toMatchObject([{ field: 'ext_json', description }]);
  });

  it('Closed brackets, and brackets in strings, do not count as levels of ext_json.', () => {
    expect(extJson(`{"a":${'['.repeat(99)}${']'.repeat(99)}}`)).toEqual([]);
    expect(extJson(`{"a":[${'[],{},'.repeat(1000)}0]}`)).toEqual([]);
    expect(extJson(`{"a\\"${'['.repeat(200)}":"\\\\","b":"${'{'.repeat(200)}\\""}`)).toEqual([]);
  });
});

describe('GetTrialQrCodeRequest', () => {
  const violations = (path: string) =>
    violationsBy(getTrialQrCode.validate, GetTrialQrCodeRequest.fromPartial({ path }));

  it('A path is valid unencoded and with a query, but not with control characters.', () => {
    expect(violations('page/index?action=1&名=值')).toEqual([]);
    expect(violations('a\u0000')).toMatchObject([{ field: 'path' }]);
  });

  it('A path of over 1,024 characters, which WeChat would reject with 431, is a violation.', () => {
    expect(violations('🎉'.repeat(1024))).toEqual([]);
    const description = 'must be at most 1024 characters, has 1025';
    expect(violations('a'.repeat(1025))).toMatchObject([{ field: 'path', description }]);
  });
});
