import { expect, it } from '@jest/globals';
import { grantOf, type Scopes } from './scopes.js';

const groups: Scopes['groups'] = [
  { group: 'oncall', role: 'operator' },
  { group: 'food-ops', role: 'operator', scope: 'food' },
];

it('Of the groups of a user the first of the file counts, and a group that is not in it grants nothing', () => {
  expect(grantOf({ groups }, ['food-ops', 'oncall'])).toMatchObject({ group: 'oncall' });
  expect(grantOf({ groups }, 'food-ops')).toMatchObject({ role: 'operator', scope: 'food' });
  for (const claim of ['operator', ['other'], undefined, 7])
    expect(grantOf({ groups }, claim)).toBeUndefined();
});

it('Without groups the claim is the role, of several the more powerful one', () => {
  expect(grantOf({ groups: [] }, ['viewer', 'operator'])).toEqual({ role: 'operator' });
  expect(grantOf({ groups: [] }, 'viewer')).toEqual({ role: 'viewer' });
  expect(grantOf({ groups: [] }, 'admin')).toBeUndefined();
});
