import { expect, it } from '@jest/globals';
import { lastOf, pageToken } from './page-token.js';

const id = '0199aabb-ccdd-7eef-8123-456789abcdef';
const list = ['operations', '', 'OPERATION_STATE_UNSPECIFIED', ''];

it('lastOf returns the last entry that a page token was issued for', () => {
  expect(lastOf(pageToken(id, list), list)).toBe(id);
});

it('A page token is invalid for other filters and for another list', () => {
  expect(lastOf(pageToken(id, list), [...list.slice(0, 3), 'Commit'])).toBe(undefined);
  expect(lastOf(pageToken(id, list), ['authorizers', ...list.slice(1)])).toBe(undefined);
});

it.each(['', 'x', 'AAAA', '!!!!', '中文', `${pageToken(id, list)}A`, ` ${pageToken(id, list)}`])(
  'lastOf returns undefined for %p, which is not a page token of this service',
  (token) => {
    expect(lastOf(token, list)).toBe(undefined);
  },
);

it('A page token is invalid after any of its characters is changed', () => {
  const token = pageToken(id, list);
  for (let i = 0; i < token.length; i += 1) {
    const other = token[i] === 'A' ? 'B' : 'A';
    expect(lastOf(token.slice(0, i) + other + token.slice(i + 1), list)).toBe(undefined);
  }
});
