import { expect, it } from '@jest/globals';
import { checkedReason } from '../calls/units.js';
import { UsageError } from '../exit-codes.js';
import { apisOf, endOf, knownApi, rateOf, stoppable } from './arguments.js';

const NOW = new Date('2027-01-01T00:00:00Z');

it('A stop has one API or those of all changes, and an end', () => {
  expect(apisOf('wxa/release')).toEqual({ apis: ['wxa/release'], scope: null });
  const { apis: all } = apisOf(undefined, { allChanges: true });
  expect(all).toEqual(expect.arrayContaining(['wxa/release', 'wxa/commit', 'Calls/ChangeWechat']));
  expect(all.map((api) => stoppable(api))).toEqual(all);
  expect(all).not.toContain('wxa/getversioninfo');
  const { apis: forward, scope } = apisOf(undefined, { forwardChanges: true });
  expect(scope).toBe('FORWARD_CHANGES');
  expect(forward).not.toContain('wxa/undocodeaudit');
  expect(endOf('2027-01-07T09:00:00+08:00', NOW)).toEqual(new Date('2027-01-07T01:00:00Z'));
});

it("A rate is a number or the default, of an API or of '*'", () => {
  expect(rateOf('wxa/commit', '0.5')).toEqual({ api: 'wxa/commit', perSecond: 0.5 });
  expect(rateOf('wxa/setnickname', '2', true)).toEqual({ api: 'wxa/setnickname', perSecond: 2 });
  expect(rateOf('*', 'default')).toEqual({ api: '*', perSecond: null });
});

it.each<[string, () => unknown]>([
  ['give one of API', () => apisOf(undefined)],
  ['give one of API', () => apisOf('wxa/release', { allChanges: true })],
  ['give one of API', () => apisOf(undefined, { allChanges: true, forwardChanges: true })],
  ['unknown API: wxa/relaese', () => knownApi('wxa/relaese')],
  ['unknown API: wxa/release', () => knownApi('wxa/release', true)],
  ['--until must be a time with its offset', () => endOf('2027-01-07', NOW)],
  ['--until must be a time with its offset', () => endOf('2027-13-07T09:00:00Z', NOW)],
  ['--until is not in the future', () => endOf('2026-12-31T23:59:59Z', NOW)],
  ['--reason is missing', () => checkedReason(' ')],
  ['N must be a number', () => rateOf('wxa/release', '-1')],
  ['N must be a number', () => rateOf('wxa/release', 'many')],
  ['unknown API: wxa/relaese', () => rateOf('wxa/relaese', '3')],
  ['unknown API: Calls/ChangeWechat', () => rateOf('Calls/ChangeWechat', '3', true)],
])('What says %j is a usage error', (message, read) => {
  expect(read).toThrow(UsageError);
  expect(read).toThrow(message);
});
