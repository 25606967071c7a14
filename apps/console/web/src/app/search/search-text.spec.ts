import { expect, it } from '@jest/globals';
import { soughtBy } from './search-text.js';

it('An id is sought among rollouts and operations, and any other text among mini-programs', () => {
  const id = '0190F1A2-0000-4000-8000-0123456789ab';
  expect(soughtBy(` ${id} `)).toEqual({ id: id.toLowerCase() });
  expect(soughtBy('餐饮')).toEqual({ text: '餐饮' });
  expect(soughtBy('  ')).toEqual({});
});
