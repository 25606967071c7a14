import { expect, it } from '@jest/globals';
import { DEFAULTS, differences, NEWCOMERS, readValues, requestOf } from './values.js';

const APPID = 'wx0123456789abcdef';
const FORM = { ...DEFAULTS, name: '春季版', templateId: '7' };

it('A form has a specification as it is sent, beside what adds targets', () => {
  const more = { way: 'appids', labels: ['餐饮'], except: APPID };
  const pasted = { appids: APPID, overrides: `${APPID},,2` };
  expect(readValues({ ...FORM, ...more, ...pasted })).toEqual({ spec: FORM, pasted });
});

it('Overrides that were typed before a form was for no targets add none', () => {
  expect(readValues({ ...FORM, way: 'none', overrides: `${APPID},,2` }).pasted).toEqual({});
});

it.each([
  ['labels', { labels: { labels: ['餐饮'] }, exceptAppids: [APPID] }],
  ['appids', { appids: { appids: [APPID] } }],
  ['all', { allAuthorized: true, exceptAppids: [APPID] }],
])('A new rollout for mini-programs chosen by %s selects them', (way, selection) => {
  const values = { ...FORM, way, labels: ['餐饮'], appids: `${APPID} wxABC`, except: APPID };
  expect(requestOf(values)).toEqual({ spec: FORM, selection });
});

it('A new rollout without targets takes in newcomers in one wave, unless the form it was copied from says which', () => {
  const { spec, ...others } = requestOf({ ...FORM, way: 'none' });
  expect(spec).toMatchObject({ continuous: NEWCOMERS, waves: [{ rest: true }] });
  expect(others).not.toHaveProperty('selection');
  const continuous = { labels: { labels: ['餐饮'] } };
  expect(requestOf({ ...FORM, way: 'none', continuous }).spec).toEqual({ ...FORM, continuous });
});

it('The fields that a colleague has changed, added or cleared meanwhile are named with what they are now', () => {
  const before = { name: 'a', waves: [1], settings: {} };
  expect(differences(before, { name: 'a', waves: [2], maxInFlight: 7 })).toEqual({
    ...{ waves: [2], maxInFlight: 7, settings: undefined },
  });
  expect(differences(undefined, undefined)).toEqual({});
});
