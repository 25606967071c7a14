import { describe, expect, it } from '@jest/globals';
import { OperationState } from '@wxa/contracts';
import { lastIdOf, pageToken } from './page-token.js';

const id = '0199aabb-ccdd-7eef-8123-456789abcdef';
const filters = { appid: '', state: OperationState.OPERATION_STATE_UNSPECIFIED, method: '' };

describe('a page token', () => {
  it('gives the last id back', () => {
    expect(lastIdOf(pageToken(id, filters), filters)).toBe(id);
  });

  it('does not hold for other filters', () => {
    expect(lastIdOf(pageToken(id, filters), { ...filters, method: 'Commit' })).toBe(undefined);
  });

  it.each(['', 'x', 'AAAA', '!!!!', '中文', `${pageToken(id, filters)}A`, ` ${pageToken(id, filters)}`])(
    'that is not ours is none: %p',
    (token) => {
      expect(lastIdOf(token, filters)).toBe(undefined);
    },
  );

  it('in which a character was changed is none', () => {
    const token = pageToken(id, filters);
    for (let i = 0; i < token.length; i += 1) {
      const other = token[i] === 'A' ? 'B' : 'A';
      expect(lastIdOf(token.slice(0, i) + other + token.slice(i + 1), filters)).toBe(undefined);
    }
  });
});
