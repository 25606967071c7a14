import { expect, it } from '@jest/globals';
import { RolloutStep, RolloutTargetState } from '@wxa/contracts';
import { filterOf, filterQuery, isFiltered } from './filter.js';

it('The filter of a failure group survives the URL', () => {
  const filter = {
    states: [RolloutTargetState.ROLLOUT_TARGET_STATE_FAILED],
    steps: [RolloutStep.ROLLOUT_STEP_AUDIT],
    wave: 2,
    reason: 'AUDIT_REJECTED',
    errcode: -1,
    appids: ['wx0123456789abcdef'],
    title: '小程序内容不符合规则：1.1 & <b>',
  };
  expect(filterOf(new URLSearchParams(`${filterQuery(filter)}`))).toEqual(filter);
});

it.each(['', 'state=&step=&wave=', 'state=NONE&step=UNSPECIFIED&wave=x&errcode=1e3&page=abc'])(
  'The query %p has no condition',
  (query) => {
    expect(isFiltered(filterOf(new URLSearchParams(query)))).toBe(false);
  },
);
