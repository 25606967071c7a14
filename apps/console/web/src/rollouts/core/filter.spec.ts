import { expect, it } from '@jest/globals';
import { filterOf, isFiltered, queryOf } from './filter.js';

it('The filter of a failure group survives the address', () => {
  const filter = {
    states: ['ROLLOUT_TARGET_STATE_FAILED' as const],
    steps: ['ROLLOUT_STEP_AUDIT' as const],
    wave: 2,
    reason: 'AUDIT_REJECTED',
    errcode: -1,
    appids: ['wx0123456789abcdef'],
    title: '小程序内容不符合规则：1.1 & <b>',
  };
  expect(filterOf(new URLSearchParams(`${queryOf(filter)}`))).toEqual(filter);
});

it.each(['', 'state=&step=&wave=', 'state=NONE&step=UNSPECIFIED&wave=x&errcode=1e3&page=abc'])(
  'The query %p has no condition',
  (query) => {
    expect(isFiltered(filterOf(new URLSearchParams(query)))).toBe(false);
  },
);
