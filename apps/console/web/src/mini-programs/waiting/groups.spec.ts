import { expect, it } from '@jest/globals';
import { firstOf, groupsOf } from './groups.js';

it('What is missing is grouped by who has to act, and what this service does itself is left out.', () => {
  const count = (item: string, acts: string, n: number) =>
    ({ item: `READINESS_ITEM_TYPE_${item}`, acts: `PARTY_${acts}`, count: `${n}` }) as never;
  const counts = [
    count('DOMAINS', 'SERVICE', 90),
    count('CATEGORY', 'OWNER', 2),
    count('FILING', 'OWNER', 30),
    count('DOMAINS', 'PLATFORM', 1),
  ];
  expect([counts, counts.slice(3), []].map((some) => firstOf(groupsOf(some)))).toEqual([
    'OWNER',
    'PLATFORM',
    'OWNER',
  ]);
  expect(groupsOf(counts)).toEqual([
    {
      acts: 'OWNER',
      count: 32,
      items: [
        { item: 'FILING', count: 30 },
        { item: 'CATEGORY', count: 2 },
      ],
    },
    { acts: 'PLATFORM', count: 1, items: [{ item: 'DOMAINS', count: 1 }] },
    { acts: 'WECHAT', count: 0, items: [] },
  ]);
});
