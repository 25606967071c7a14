import { expect, it } from '@jest/globals';
import { outOfOrder } from './published-events.js';

const callback = (id: string, firstAt: number, endedAt: number, appid = 'wx1') => ({
  ...{ id, appid, event: 'text', isAccepted: true },
  ...{ firstAt, lastAt: firstAt, endedAt },
});
const first = callback('first', 0, 10);
const later = callback('later', 20, 30);
const overlapping = callback('overlapping', 5, 25);
const others = callback('others', 40, 50, 'wx2');

it.each([
  [['first', 'later'], []],
  [['later', 'first'], ['later before first']],
  [['overlapping', 'first', 'later'], []],
  [['later', 'overlapping', 'first'], ['later before first']],
  [['others', 'later', 'first'], ['later before first']],
  [['others', 'first', 'later'], []],
])('Callbacks that were published as %j are out of order: %j', (published, expected) => {
  const all = [first, later, overlapping, others].filter(({ id }) => published.includes(id));
  expect(outOfOrder(all, ({ id }) => published.indexOf(id))).toEqual(expected);
});
