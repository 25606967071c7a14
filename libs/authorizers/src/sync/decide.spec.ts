import { describe, expect, it } from '@jest/globals';
import { type KnownAuthorizer, type SyncStep, stepOfAbsent, stepOfListed } from './decide.js';

const at = (second: number) => new Date(second * 1000);

const known = (given: Partial<KnownAuthorizer>): KnownAuthorizer => ({
  ...{ state: 'AUTHORIZED', hasCode: false, hasPermissionSets: true, lacksToken: false, isNewer: false },
  ...{ authorizedAt: at(100), toldAt: at(100) },
  ...given,
});

/** Listed as authorized at second 100. */
const LISTED: [what: string, known: KnownAuthorizer | undefined, ignoredAt: Date | null, step: SyncStep][] = [
  ['unknown', undefined, null, 'add'],
  ['unknown and ignored since a later time', undefined, at(101), 'none'],
  ['unknown and ignored since that time', undefined, at(100), 'none'],
  ['unknown and ignored until an earlier time', undefined, at(99), 'add'],
  ['AUTHORIZED since then', known({}), null, 'none'],
  ['AUTHORIZED since a later callback', known({ authorizedAt: at(101) }), null, 'none'],
  ['AUTHORIZED since an earlier time', known({ authorizedAt: at(99) }), null, 'read'],
  ['AUTHORIZED by an import', known({ authorizedAt: null, toldAt: null }), null, 'read'],
  ['AUTHORIZED without a token', known({ lacksToken: true, isNewer: true }), null, 'complete'],
  ['AUTHORIZED without a token, with a code', known({ lacksToken: true, hasCode: true }), null, 'none'],
  ['AUTHORIZED with unknown permission sets', known({ hasPermissionSets: false }), null, 'read'],
  ['added by this sync', known({ hasPermissionSets: false, isNewer: true }), null, 'read'],
  ['AUTHORIZED with a code', known({ hasCode: true, hasPermissionSets: false }), null, 'none'],
  ['changed after the sync began', known({ authorizedAt: at(99), isNewer: true }), null, 'none'],
  ['NEEDS_AUTHORIZATION', known({ state: 'NEEDS_AUTHORIZATION' }), null, 'recheck'],
  ['NEEDS_AUTHORIZATION since then', known({ state: 'NEEDS_AUTHORIZATION', isNewer: true }), null, 'none'],
  ['UNAUTHORIZED since an earlier time', known({ state: 'UNAUTHORIZED', toldAt: at(99) }), null, 'recover'],
  ['UNAUTHORIZED since that time', known({ state: 'UNAUTHORIZED', toldAt: at(100) }), null, 'none'],
  ['UNAUTHORIZED since a later time', known({ state: 'UNAUTHORIZED', toldAt: at(101) }), null, 'none'],
  [
    'UNAUTHORIZED by a callback after the sync began',
    known({ state: 'UNAUTHORIZED', toldAt: at(99), isNewer: true }),
    null,
    'none',
  ],
];

describe('stepOfListed', () => {
  it.each(LISTED)('A listed mini-program that is %s', (_what, row, ignoredAt, step) => {
    expect(stepOfListed(at(100), row, ignoredAt)).toBe(step);
  });

  it('A list without a time adds what is unknown, and proves no authorization after another event', () => {
    const steps = [
      stepOfListed(null, undefined, null),
      stepOfListed(null, undefined, at(1)),
      stepOfListed(null, known({ authorizedAt: null }), null),
      stepOfListed(null, known({ state: 'UNAUTHORIZED', toldAt: at(1) }), null),
    ];
    expect(steps).toEqual(['add', 'none', 'none', 'none']);
  });
});

describe('stepOfAbsent', () => {
  const absent = { hasCode: false, isNewer: false, wasAbsent: false };
  it.each([
    ['for the first time is noted', {}, 'note'],
    ['for the second time is rechecked', { wasAbsent: true }, 'recheck'],
    ['and has just authorized is left alone', { wasAbsent: true, hasCode: true }, 'none'],
    ['and changed after the sync began is left alone', { wasAbsent: true, isNewer: true }, 'none'],
  ] as const)('An authorized mini-program that the list lacks %s', (_what, given, step) => {
    expect(stepOfAbsent({ ...absent, ...given })).toBe(step);
  });
});
