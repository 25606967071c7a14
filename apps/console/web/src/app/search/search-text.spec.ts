import { expect, it } from '@jest/globals';
import { soughtBy } from './search-text.js';

it('An id is sought among rollouts and operations, any other text among mini-programs, and a number among audits too', () => {
  const id = '0190F1A2-0000-4000-8000-0123456789ab';
  expect(soughtBy(` ${id} `)).toEqual({ id: id.toLowerCase() });
  expect(soughtBy('餐饮')).toEqual({ text: '餐饮' });
  expect(soughtBy('9007199254740993 ')).toEqual({ text: '9007199254740993', auditId: '9007199254740993' });
  expect(soughtBy('9223372036854775808')).toEqual({ text: '9223372036854775808' });
  expect(soughtBy('  ')).toEqual({});
});
