import { expect, it } from '@jest/globals';
import { ByteBudget } from './byte-budget.js';

it('lets no more bytes be in use at once than its budget, in order, and one that is larger alone', async () => {
  const budget = new ByteBudget(10);
  const begun: string[] = [];
  const take = (name: string, bytes: number) => budget.take(bytes).then(() => begun.push(name));
  const all = [take('six', 6), take('five', 5), take('one', 1), take('twenty', 20), take('two', 2)];
  const after = async (bytes: number) => {
    budget.give(bytes);
    await new Promise((resolve) => setImmediate(resolve));
    return [...begun];
  };
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual(['six']);
  expect(await after(6)).toEqual(['six', 'five', 'one']);
  expect(await after(5)).toEqual(['six', 'five', 'one']);
  expect(await after(1)).toEqual(['six', 'five', 'one', 'twenty']);
  expect(await after(20)).toEqual(['six', 'five', 'one', 'twenty', 'two']);
  await Promise.all(all);
});
