import { describe, expect, it } from '@jest/globals';
import { ACTIONS, actionOf, type Facts, whyNot } from './possible.js';

const at = (minute: number) => new Date(Date.UTC(2026, 11, 1, 0, minute)).toISOString();
const audit = (state: string, version = '2.0') =>
  ({
    auditId: '7',
    userVersion: version,
    state: `AUDIT_STATE_${state}`,
    submitTime: at(10),
    ...(state === 'PENDING' ? {} : { decideTime: at(20) }),
  }) as NonNullable<Facts['program']['audit']>;
const live = (version: string, minute: number) =>
  ({ userVersion: version, releaseTime: at(minute) }) as NonNullable<Facts['program']['live']>;
const trial = { userVersion: '2.0', templateId: '1' } as NonNullable<Facts['program']['trial']>;

function factsOf(program: Partial<Facts['program']>, rest: Partial<Facts> = {}): Facts {
  const authorization = 'AUTHORIZER_STATE_AUTHORIZED' as Facts['program']['authorization'];
  const known = { authorization, grayPercentage: 0, observeTime: at(0), live: undefined, trial: undefined };
  return { program: { ...known, audit: undefined, ...program }, ...rest };
}

/** The actions that are possible. */
const possible = (facts: Facts) => ACTIONS.filter((action) => whyNot(action, facts) === undefined);

it('An address names an action.', () => {
  expect([actionOf('speedUp'), actionOf('toString'), actionOf(null)]).toEqual([
    'speedUp',
    undefined,
    undefined,
  ]);
});

describe('whyNot', () => {
  it('Of a new mini-program only code can be uploaded and the base library be set.', () => {
    expect(possible(factsOf({}))).toEqual(['supportVersion', 'commit']);
    expect(whyNot('submitAudit', factsOf({}))).toBe('noTrial');
    expect(whyNot('revert', factsOf({}))).toBe('noLive');
  });

  it('Nothing can be done with a mini-program that has withdrawn its authorization.', () => {
    const authorization = 'AUTHORIZER_STATE_UNAUTHORIZED' as Facts['program']['authorization'];
    expect(possible(factsOf({ authorization, live: live('1.0', 5), trial }))).toEqual([]);
  });

  it('While an audit is open it can be sped up and withdrawn, and no other one be submitted.', () => {
    const facts = factsOf({ audit: audit('PENDING'), trial });
    expect(possible(facts)).toEqual(['speedUp', 'undoAudit', 'supportVersion', 'commit']);
    expect(whyNot('submitAudit', facts)).toBe('inAudit');
    expect(whyNot('release', facts)).toBe('inAudit');
  });

  it('An approved version can be released, in a gray release too if there is a live version.', () => {
    const approved = factsOf({ audit: audit('APPROVED'), live: live('1.0', 5), trial });
    expect([whyNot('release', approved), whyNot('grayRelease', approved)]).toEqual([undefined, undefined]);
    expect(whyNot('grayRelease', factsOf({ audit: audit('APPROVED') }))).toBe('firstRelease');
    expect(whyNot('release', factsOf({ audit: audit('REJECTED') }))).toBe('rejected');
    expect(whyNot('release', factsOf({ audit: audit('WITHDRAWN') }))).toBe('withdrawn');
  });

  it('A version that is live is not offered for release, whether this service or somebody else released it.', () => {
    expect(whyNot('release', factsOf({ audit: audit('APPROVED'), live: live('2.0', 30) }))).toBe('released');
    const before = factsOf({ audit: audit('APPROVED'), live: live('1.0', 5) }, { releasedAt: at(30) });
    expect(whyNot('grayRelease', before)).toBe('released');
  });

  it('A version that was taken back is not offered again, until another one is approved.', () => {
    const program = { audit: audit('APPROVED'), live: live('1.0', 5) };
    const reverted = { releasedAt: at(30), revertedAt: at(40) };
    expect(whyNot('release', factsOf(program, reverted))).toBe('reverted');
    const next = { ...audit('APPROVED', '2.1'), decideTime: at(50) };
    expect(whyNot('release', factsOf({ ...program, audit: next }, reverted))).toBeUndefined();
  });

  it('An approved version is offered after the version before it was taken back, which made another one live.', () => {
    const program = { audit: audit('APPROVED', '2.1'), live: live('1.9', 40) };
    const reverted = { releasedAt: at(5), revertedAt: at(40) };
    expect(whyNot('release', factsOf(program, reverted))).toBeUndefined();
    expect(whyNot('release', factsOf(program, { ...reverted, releasedAt: at(50) }))).toBe('released');
  });

  it('A live version can be taken back, and an unknown one prevents nothing.', () => {
    expect(whyNot('revert', factsOf({ live: live('1.0', 5) }))).toBeUndefined();
    expect(whyNot('visitStatus', factsOf({ observeTime: undefined }))).toBeUndefined();
  });

  it('A live version is not taken back if WeChat has no earlier one to restore.', () => {
    const withEarlier = (earlierVersions: number) => factsOf({ live: live('1.0', 5) }, { earlierVersions });
    expect(whyNot('revert', withEarlier(0))).toBe('noEarlier');
    expect(whyNot('revert', withEarlier(1))).toBeUndefined();
  });

  it('Until it is read which version a revert has brought back, nothing is taken back again.', () => {
    const source = 'VERSION_SOURCE_REVERTED' as const;
    const facts = factsOf({ live: { ...live('2.0', 5), source } });
    expect(whyNot('revert', facts)).toBe('justReverted');
    expect(whyNot('visitStatus', facts)).toBeUndefined();
  });

  it('A gray release can be cancelled while there is one.', () => {
    expect(whyNot('revertGrayRelease', factsOf({ grayPercentage: 30 }))).toBeUndefined();
    expect(whyNot('revertGrayRelease', factsOf({}))).toBe('noGray');
  });
});
