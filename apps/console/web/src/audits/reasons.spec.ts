import { expect, it } from '@jest/globals';
import { linesOf } from './reasons.js';

it('The lines of a reason have neither the markup nor the numbers of WeChat', () => {
  expect(linesOf('1:类目不符<br>2：页面<b>无法打开</b><br/>')).toEqual(['类目不符', '页面无法打开']);
});
