import { expect, it } from '@jest/globals';
import { groupReasons, linesOf } from './reasons.js';

it('The lines of a reason have neither the markup nor the numbers of WeChat', () => {
  expect(linesOf('1:类目不符<br>2：页面<b>无法打开</b><br/>')).toEqual(['类目不符', '页面无法打开']);
});

it('Reasons are grouped, the most frequent first, and count once for each audit', () => {
  expect(groupReasons(['1:类目不符', '1:页面无法打开<br>2:类目不符', '类目不符<br>类目不符', ''])).toEqual([
    { reason: '类目不符', count: 3 },
    { reason: '页面无法打开', count: 1 },
  ]);
});
