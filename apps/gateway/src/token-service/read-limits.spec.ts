import { expect, it } from '@jest/globals';
import { ReadLimits } from './read-limits.js';

const APPID = 'wx0123456789abcdef';

it('A caller reads a token 60 times within a minute of its first read; other callers and other tokens are not limited by that', () => {
  let now = 0;
  const limits = new ReadLimits(() => now);
  for (let read = 0; read < 60; read += 1) {
    now += 500;
    expect(limits.exceededBy('shop', APPID)).toBeUndefined();
  }
  const facts = { reason: 'TOKEN_READ_TOO_OFTEN', caller: 'shop', retryAfterMs: 30_500 };
  expect(limits.exceededBy('shop', APPID)).toMatchObject({ facts });
  expect(limits.exceededBy('food', APPID)).toBeUndefined();
  expect(limits.exceededBy('shop', 'wx0123456789abcdee')).toBeUndefined();
  now += 30_500;
  expect(limits.exceededBy('shop', APPID)).toBeUndefined();
});
