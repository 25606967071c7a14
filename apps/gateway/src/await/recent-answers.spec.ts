import { expect, it } from '@jest/globals';
import type { Visible } from '@wxa/postgres/lists';
import { RecentAnswers } from './recent-answers.js';

const MINUTE_MS = 60_000;

const asker = (caller = '', signal = new AbortController().signal) => ({
  ...{ caller, signal: () => signal },
  visible: () => undefined,
});

it('A repeated question is counted once, and another question or caller is counted for itself', async () => {
  const answers = new RecentAnswers<number>(MINUTE_MS);
  let counts = 0;
  const ask = (question: string, visible?: Visible) =>
    answers.of([question], { ...asker(), visible: () => visible }, async () => ++counts);
  const all = (): Visible => ({ allow: 'all', deny: [] });
  const some = { allow: ['wx1'], deny: [] };
  const asked = [ask('a'), ask('a', all()), ask('a', all()), ask('b'), ask('a', some), ask('a', some)];
  expect(await Promise.all(asked)).toEqual([1, 1, 1, 2, 3, 3]);
});

it('A failure is not kept, and neither is an answer beyond its age', async () => {
  const answers = new RecentAnswers<string>(MINUTE_MS);
  await expect(answers.of([], asker(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await answers.of([], asker(), async () => 'yes')).toBe('yes');
  const none = new RecentAnswers<number>(0);
  for (const answer of [1, 2]) expect(await none.of([], asker(), async () => answer)).toBe(answer);
});

it('One count runs at a time, also of two RPCs, that of another caller is next, and none is made for a caller that has left', async () => {
  const [answers, others] = [new RecentAnswers<string>(MINUTE_MS), new RecentAnswers<string>(MINUTE_MS)];
  const counted: string[] = [];
  const left = new AbortController();
  const ask = (question: string, caller: string, signal?: AbortSignal, of = answers) =>
    of.of([question], asker(caller, signal), async () => {
      counted.push(question);
      await Promise.resolve();
      counted.push('end');
      return question;
    });
  const asked = [
    ask('first', 'greedy'),
    ask('left', 'greedy', left.signal),
    ask('second', 'greedy'),
    ask('other', 'modest', undefined, others),
  ];
  left.abort(new Error('left'));
  await expect(asked[1]).rejects.toThrow('left');
  await Promise.allSettled(asked);
  expect(counted).toEqual(['first', 'end', 'other', 'end', 'second', 'end']);
});

it('A question does not write the appids of its caller, of which there may be megabytes', async () => {
  const write = () => {
    throw new Error('written');
  };
  const visible = { allow: Object.assign(['wx1'], { toJSON: write }), deny: [] };
  const answers = new RecentAnswers<string>(MINUTE_MS);
  const ask = () => answers.of([], { ...asker(), visible: () => visible }, async () => 'yes');
  expect(await ask()).toBe('yes');
});
