import { expect, it } from '@jest/globals';
import { filterOf, isCounted, requestOf } from './filter.js';

it('The address of the list holds its filter.', () => {
  const address = new URLSearchParams('version=2.0&label=餐饮&label=活跃&state=notLive');
  expect(filterOf(address)).toEqual({ labels: ['餐饮', '活跃'], version: '2.0', state: 'notLive' });
  expect(filterOf(new URLSearchParams('search= '))).toEqual({ labels: [] });
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
