import { describe, expect, it } from '@jest/globals';
import type { AuditStatus, VersionInfo, WxaClient } from '@wxa/wxa-client';
import { answers, audit, contextOf, latestAuditIs, version } from './fixtures/wechat.js';
import { ROOMS } from './index.js';
import { expectedAudit, expectedVersion } from './preconditions.js';
import type { CallContext } from './room.js';

const API = 'wxa/release';

/** The errmsg of a mismatch; undefined if the change is allowed. */
async function mismatch(check: Promise<unknown>): Promise<string | undefined> {
  const result = (await check) as { error: { errmsg: string } } | undefined;
  if (result !== undefined)
    expect(result).toMatchObject({
      ...{ kind: 'error', sent: false },
      error: { errcode: 0, reason: 'VERSION_MISMATCH', category: 'STATE', retryable: false, api: API },
    });
  return result?.error.errmsg;
}

describe('expectedAudit', () => {
  const check = (
    latest: AuditStatus | undefined,
    expected: { expectedAuditId?: bigint; expectedUserVersion?: string },
    mustBe?: 'APPROVED',
    more: Partial<CallContext> = {},
  ) => {
    const context = contextOf(latestAuditIs(latest), more);
    return mismatch(expectedAudit(API, mustBe).check({ expectedAuditId: 0n, ...expected }, context));
  };
  const V2 = { expectedUserVersion: '2.0' };

  it.each<[AuditStatus | undefined, object, string | undefined]>([
    [audit(7n), { expectedAuditId: 7n }, undefined],
    [audit(9007199254740993n), { expectedAuditId: 9007199254740993n }, undefined],
    [audit(8n), { expectedAuditId: 7n }, 'the audit submitted last is 8, not 7'],
    [audit(7n), V2, undefined],
    [audit(7n), { expectedUserVersion: '2.1' }, 'the version audited last is "2.0", not "2.1"'],
    [audit(7n, 'PENDING', ''), V2, 'the version audited last is not known, not "2.0"'],
    [undefined, { expectedAuditId: 7n }, 'no audit exists'],
  ])('If the latest audit is %j, %j has the mismatch %p.', async (latest, expected, errmsg) => {
    expect(await check(latest, expected)).toBe(errmsg);
  });

  it('A change that publishes needs an approved audit, the others any.', async () => {
    const expected = { expectedAuditId: 7n };
    expect(await check(audit(7n), expected, 'APPROVED')).toBe('the audit 7 is PENDING, not APPROVED');
    expect(await check(audit(7n, 'APPROVED'), expected, 'APPROVED')).toBeUndefined();
    expect(await check(audit(7n, 'WITHDRAWN'), expected)).toBeUndefined();
  });

  it('If WeChat returns no version, that of our own record counts.', async () => {
    const ofRecord = { versionOfAudit: async (id: bigint) => (id === 7n ? '3.0' : '') };
    const expected = { expectedUserVersion: '3.0' };
    expect(await check(audit(7n, 'APPROVED', ''), expected, 'APPROVED', ofRecord)).toBeUndefined();
  });
});

describe('expectedVersion', () => {
  const versions = (trial?: VersionInfo, release?: VersionInfo) =>
    contextOf({ getVersionInfo: answers({ trial, release }) });
  const check = (which: 'trial' | 'release', context: CallContext) =>
    mismatch(expectedVersion(API, which).check({ expectedUserVersion: '2.0' }, context));

  it('The trial version or the live version must have the expected name.', async () => {
    const [old, expected] = [version('1.0'), version('2.0')];
    expect(await check('trial', versions(expected, old))).toBeUndefined();
    expect(await check('release', versions(old, expected))).toBeUndefined();
    expect(await check('trial', versions(old, expected))).toBe('the trial version is "1.0", not "2.0"');
    expect(await check('release', versions(expected, old))).toBe('the live version is "1.0", not "2.0"');
    expect(await check('release', versions(expected))).toBe('there is no live version, not "2.0"');
  });

  it('A mismatch also says by its arguments what was found and what was expected.', async () => {
    const argumentsOf = async (checked: Promise<unknown>) =>
      ((await checked) as { error: { arguments: object } }).error.arguments;
    const release = expectedVersion(API, 'release');
    const found = release.check({ expectedUserVersion: '2.0' }, versions(undefined, version('1.0')));
    expect(await argumentsOf(found)).toEqual({ subject: 'LIVE_VERSION', found: '1.0', expected: '2.0' });
    const pending = contextOf(latestAuditIs(audit(7n)));
    const published = expectedAudit(API, 'APPROVED').check({ expectedAuditId: 7n }, pending);
    expect(await argumentsOf(published)).toEqual({
      ...{ subject: 'AUDIT_STATE', found: 'PENDING', expected: 'APPROVED' },
    });
  });
});

describe('preconditions', () => {
  const failing = (kind: string) => {
    const read = async () => ({ kind, cause: 'timeout', error: { errcode: 48001 } });
    return contextOf({ getVersionInfo: read, getLatestAuditStatus: read } as unknown as WxaClient);
  };
  const both = [expectedAudit(API), expectedVersion(API, 'trial')];
  const expected = { expectedAuditId: 7n, expectedUserVersion: '2.0' };

  it('A read without an answer is repeated, and a refused one is the result; neither counts as sent.', async () => {
    const unread = { kind: 'retryable', cause: 'connect', sent: false };
    for (const { check } of both) {
      expect(await check(expected, failing('ambiguous'))).toMatchObject(unread);
      expect(await check(expected, failing('error'))).toMatchObject({ kind: 'error', sent: false });
    }
  });

  it('An empty or zero expectation is none.', () => {
    const none = { expectedAuditId: 0n, expectedUserVersion: '' };
    expect(both.map(({ applies }) => [applies(none), applies(expected)])).toEqual(
      Array(2).fill([false, true]),
    );
    expect(expectedAudit(API).applies({ ...none, expectedUserVersion: '2.0' })).toBe(true);
  });

  it('Each method names its own API in the error of its precondition.', async () => {
    const { SubmitAudit, Release, RevertRelease, GrayRelease, RevertGrayRelease, UndoAudit } = ROOMS;
    const rooms = [SubmitAudit, Release, RevertRelease, GrayRelease, RevertGrayRelease, UndoAudit];
    const getVersionInfo = answers({}) as unknown as WxaClient['getVersionInfo'];
    const context = contextOf({ ...latestAuditIs(undefined), getVersionInfo });
    for (const { api, preconditions } of rooms)
      expect(await preconditions?.[0]?.check(expected as never, context)).toMatchObject({ error: { api } });
  });
});
