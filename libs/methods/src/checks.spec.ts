import { describe, expect, it } from '@jest/globals';
import {
  characters,
  countCharacters,
  each,
  field,
  manyLines,
  oneLine,
  type Rule,
  violationsBy,
} from './checks.js';

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

describe('each', () => {
  it('looks at no element beyond the maximum of its list', () => {
    const seen: number[] = [];
    const look = field<number, number>(
      '',
      (element) => element,
      (element) => {
        seen.push(element);
        return 'is wrong';
      },
    );
    const rule: Rule<number[]> = each('list', (list) => list, 2, look);
    expect([...rule([1, 2, 3, 4])].map((violation) => violation.field)).toEqual(['list[0]', 'list[1]']);
    expect(seen).toEqual([1, 2]);
  });
});

describe('violationsBy', () => {
  it('keeps 100 violations and looks for no more', () => {
    let checked = 0;
    const wrong: Rule<unknown> = field(
      'a',
      () => '',
      () => {
        checked += 1;
        return 'is wrong';
      },
    );
    expect(violationsBy(Array(200).fill(wrong), {})).toHaveLength(100);
    expect(checked).toBeLessThanOrEqual(101);
  });
});
