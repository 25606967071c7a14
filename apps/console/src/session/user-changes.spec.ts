import { expect, it } from '@jest/globals';
import type { StoredUser } from '@wxa/policy';
import { userChanges } from './user-changes.js';

const users = (...all: [name: string, role: StoredUser['role'], hash: string][]) =>
  new Map(all.map(([name, role, hash]) => [name, { name, role, hash }]));

it('Users who were added, removed, or got another role or password are distinguished', () => {
  const before = users(
    ['li', 'viewer', '1'],
    ['wang', 'viewer', '1'],
    ['zhang', 'operator', '1'],
    ['zhao', 'viewer', '1'],
  );
  const after = users(
    ['new', 'operator', '1'],
    ['wang', 'operator', '1'],
    ['zhang', 'operator', '2'],
    ['zhao', 'viewer', '1'],
  );
  expect(userChanges(before, after)).toEqual([
    { action: 'user.removed', user: 'li', role: 'viewer' },
    { action: 'user.changed', user: 'wang', role: 'operator' },
    { action: 'user.changed', user: 'zhang', role: 'operator' },
    { action: 'user.added', user: 'new', role: 'operator' },
  ]);
});
