import { describe, expect, it } from '@jest/globals';
import { characters, countCharacters, manyLines, oneLine } from './checks.js';

describe('characters', () => {
  it('counts what people count: Chinese and emoji are one each', () => {
    expect(countCharacters('小程序🎉')).toBe(4);
    expect(characters(1, 4)('小程序🎉')).toBe(undefined);
    expect(characters(1, 3)('小程序🎉')).toBe('must be 1 to 3 characters, has 4');
  });

  it('says that an empty one is required', () => {
    expect(characters(1, 64)('')).toBe('required: 1 to 64 characters');
    expect(characters(0, 64)('')).toBe(undefined);
  });
});

describe('control characters', () => {
  it('are refused by their code point', () => {
    expect(oneLine('a\u0000b')).toBe('must have no control characters, has U+0000');
    expect(oneLine('a\nb')).toBe('must have no control characters, has U+000A');
    expect(manyLines('a\u0007b')).toBe('must have no control characters, has U+0007');
  });

  it('may be line breaks and tabs in a text of many lines', () => {
    expect(manyLines('第一行\r\n\t第二行')).toBe(undefined);
  });
});
