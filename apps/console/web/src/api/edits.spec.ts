import { expect, it } from '@jest/globals';
import { listAfter, withEdits } from './edits.js';

it('What is added to a list is in it once, and what is removed is not.', () => {
  expect(listAfter(['a', 'b'], ['b', 'c'], ['a'])).toEqual(['b', 'c']);
});

it('An edited list keeps what others have added, and does not bring back what they have removed.', () => {
  expect(withEdits(['b', 'd', 'theirs'], ['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'mine'])).toEqual([
    ...['b', 'theirs', 'mine'],
  ]);
});
