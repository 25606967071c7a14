import { describe, expect, it } from '@jest/globals';
import { isUnavailable } from './unavailable.js';

const coded = (code: string) => Object.assign(new Error('x'), { code });

describe('isUnavailable', () => {
  it.each(['ECONNREFUSED', '57P01', '57P03', '08006', '53300', '57014'])('is so for %s', (code) => {
    expect(isUnavailable(coded(code))).toBe(true);
  });

  it('is so for what the pool says without a code', () => {
    expect(isUnavailable(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isUnavailable(new AggregateError([coded('ECONNREFUSED')]))).toBe(true);
  });

  it.each(['23505', '42601', '22P02'])('is not so for %s', (code) => {
    expect(isUnavailable(coded(code))).toBe(false);
  });

  it('is not so for another fault', () => {
    expect(isUnavailable(new TypeError('x is not a function'))).toBe(false);
    expect(isUnavailable('text')).toBe(false);
  });
});
