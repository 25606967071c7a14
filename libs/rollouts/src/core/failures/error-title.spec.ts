import { describe, expect, it } from '@jest/globals';
import { errorOf } from '../fixtures/samples.js';
import { errorTitle } from './error-title.js';
import { ROLLOUT_REASONS, rolloutError } from './reasons.js';

const title = (errmsg: string, reason = 'WECHAT_1') => errorTitle(errorOf({ errmsg, reason }));

describe('errorTitle', () => {
  it('A title leaves out the parts that differ from one mini-program to the next', () => {
    expect(title('invalid ext rid: 5f3c0a1b-2c3d4e5f-66778899')).toBe('invalid ext');
    expect(title('wx0123456789abcdef has no page 1700000000')).toBe('has no page');
    expect(title('system error hint: [aB12 req]')).toBe('system error');
  });

  it('The title of a rejection is its first reason', () => {
    const text = '1:类目不符:<br>(1):请补充资质<br>2:其他:<br>';
    expect(title(text, 'AUDIT_REJECTED')).toBe('类目不符');
    expect(title('(1):请补充资质<br>', 'AUDIT_REJECTED')).toBe('请补充资质');
    expect(title('', 'AUDIT_REJECTED')).toBe('AUDIT_REJECTED');
  });

  it('A title has at most 80 characters', () => {
    expect([...title('😀'.repeat(100))]).toHaveLength(80);
  });
});

describe('rolloutError', () => {
  it.each(Object.keys(ROLLOUT_REASONS) as (keyof typeof ROLLOUT_REASONS)[])(
    '%s has a hint in English and Chinese',
    (reason) => {
      expect(rolloutError(reason, '').hint).toMatch(/^[A-Z][^[]+\. \[.*\p{Script=Han}.*\]$/u);
    },
  );

  it("An error of a rollout keeps WeChat's errcode and rid of its cause", () => {
    const cause = errorOf({ errcode: 85009, rid: 'r-1' });
    expect(rolloutError('OPEN_AUDIT', 'open', { cause })).toMatchObject({ errcode: 85009, rid: 'r-1' });
  });
});
