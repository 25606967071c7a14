import { expect, it } from '@jest/globals';
import { lastEntryOf, pageToken } from './page-token.js';

const id = '0199aabb-ccdd-7eef-8123-456789abcdef';
const list = ['operations', '', 'OPERATION_STATE_UNSPECIFIED', ''];

it('lastEntryOf returns the last entry that a page token was issued for', () => {
  expect(lastEntryOf(pageToken(id, list), list)).toBe(id);
});

it('A page token is invalid for other filters and for another list', () => {
  expect(lastEntryOf(pageToken(id, list), [...list.slice(0, 3), 'Commit'])).toBe(undefined);
  expect(lastEntryOf(pageToken(id, list), ['authorizers', ...list.slice(1)])).toBe(undefined);
});

it.each(['', 'x', 'AAAA', '!!!!', '中文', `${pageToken(id, list)}A`, ` ${pageToken(id, list)}`])(
  'lastEntryOf returns undefined for %p, which is not a page token of this service',
  (token) => {
    expect(lastEntryOf(token, list)).toBe(undefined);
  },
);

it('A page token is invalid after any of its characters is changed', () => {
  const token = pageToken(id, list);
  for (let i = 0; i < token.length; i += 1) {
    const other = token[i] === 'A' ? 'B' : 'A';
    expect(lastEntryOf(token.slice(0, i) + other + token.slice(i + 1), list)).toBe(undefined);
  }
});
