import { expect, it } from '@jest/globals';
import { Slots } from './slots.js';

it('gives a slot to those who go first, then in the order they came', async () => {
  const slots = new Slots(1);
  await slots.take();
  const order: string[] = [];
  const taken = [
    slots.take().then(() => order.push('one')),
    slots.take().then(() => order.push('two')),
    slots.take(true).then(() => order.push('first')),
  ];
  for (const _ of taken) slots.give();
  await Promise.all(taken);
  expect(order).toEqual(['first', 'one', 'two']);
});
