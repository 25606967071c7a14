import { expect, it } from '@jest/globals';
import { ByteBudget } from './byte-budget.js';

it('ByteBudget grants requests in order within its budget, and a larger request alone.', async () => {
  const budget = new ByteBudget(10);
  const granted: string[] = [];
  const take = (name: string, bytes: number) => budget.take(bytes).then(() => granted.push(name));
  const all = [take('six', 6), take('five', 5), take('one', 1), take('twenty', 20), take('two', 2)];
  const after = async (bytes: number) => {
    budget.give(bytes);
    await new Promise((resolve) => setImmediate(resolve));
    return [...granted];
  };
  await new Promise((resolve) => setImmediate(resolve));
  expect(granted).toEqual(['six']);
  expect(await after(6)).toEqual(['six', 'five', 'one']);
  expect(await after(5)).toEqual(['six', 'five', 'one']);
  expect(await after(1)).toEqual(['six', 'five', 'one', 'twenty']);
  expect(await after(20)).toEqual(['six', 'five', 'one', 'twenty', 'two']);
  await Promise.all(all);
});
