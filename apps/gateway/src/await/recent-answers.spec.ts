import { expect, it } from '@jest/globals';
import { RecentAnswers } from './recent-answers.js';

const MINUTE_MS = 60_000;

it('A repeated question is counted once, and another question or caller is counted for itself', async () => {
  const answers = new RecentAnswers<number>(MINUTE_MS);
  let counts = 0;
  const ask = (question: string, allow?: string[]) =>
    answers.of([question], allow && { allow, deny: [] }, async () => ++counts);
  expect(await Promise.all([ask('a'), ask('a'), ask('b'), ask('a', ['wx1'])])).toEqual([1, 1, 2, 3]);
});

it('A failure is not kept, and neither is an answer beyond its age', async () => {
  const answers = new RecentAnswers<string>(MINUTE_MS);
  await expect(answers.of([], undefined, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await answers.of([], undefined, async () => 'yes')).toBe('yes');
  const none = new RecentAnswers<number>(0);
  for (const answer of [1, 2]) expect(await none.of([], undefined, async () => answer)).toBe(answer);
});
