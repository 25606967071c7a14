import { expect, it } from '@jest/globals';
import { filterOf, isCounted, requestOf } from './filter.js';

it('The address of the list holds its filter, and addresses of the old console mean what they meant.', () => {
  const address = new URLSearchParams('version=2.0&label=餐饮&label=活跃&state=notLive');
  expect(filterOf(address)).toEqual({ labels: ['餐饮', '活跃'], version: '2.0', state: 'notLive' });
  const old = new URLSearchParams('state=NEEDS_AUTHORIZATION&labels=餐饮，活跃&search= ');
  expect(filterOf(old)).toEqual({ labels: ['餐饮', '活跃'], state: 'NEEDS_AUTHORIZATION' });
});

it('The request names only what is filtered.', () => {
  expect(requestOf({ labels: [] })).toEqual({ labels: [], pageSize: 200 });
  expect(
    requestOf({ labels: ['餐饮'], template: '0', item: 'FILING', acts: 'OWNER', state: 'drifted' }),
  ).toEqual({
    labels: ['餐饮'],
    pageSize: 200,
    liveTemplateId: '0',
    notReady: 'READINESS_ITEM_TYPE_FILING',
    acts: 'PARTY_OWNER',
    drifted: true,
  });
});

it('Only lists by label have a known total.', () => {
  expect(isCounted({ labels: ['餐饮'] })).toBe(true);
  expect(isCounted({ labels: [], search: 'a' })).toBe(false);
});
