import { describe, expect, it } from '@jest/globals';
import {
  characters,
  countCharacters,
  each,
  field,
  manyLines,
  noFormat,
  oneLine,
  type Rule,
  violationsBy,
} from './checks.js';

describe('characters', () => {
  it('A Chinese character and an emoji count as one character each, and an empty text is reported as required.', () => {
    expect(countCharacters('小程序🎉')).toBe(4);
    expect([characters(1, 4)('小程序🎉'), characters(0, 64)('')]).toEqual([undefined, undefined]);
    expect(characters(1, 3)('小程序🎉')).toBe('must be 1 to 3 characters, has 4');
    expect(characters(1, 64)('')).toBe('required: 1 to 64 characters');
  });
});

describe('oneLine, manyLines and noFormat', () => {
  it('A control character is a violation that names its code point, except line breaks and tabs of several lines.', () => {
    const control = 'must have no control characters, has';
    expect([oneLine('a\u0000b'), oneLine('a\nb')]).toEqual([`${control} U+0000`, `${control} U+000A`]);
    expect([manyLines('a\u0007b'), manyLines('第一行\r\n\t第二行')]).toEqual([
      `${control} U+0007`,
      undefined,
    ]);
  });

  it('A text that people decide by has no characters that reverse or hide others', () => {
    const texts = ['zhang\u202egnahz', 'zh\u200bang', '张三 release 2.0 🚀'];
    const format = 'must have no format characters, has';
    expect(texts.map(noFormat)).toEqual([`${format} U+202E`, `${format} U+200B`, undefined]);
  });
});

describe('each', () => {
  it('No element beyond the maximum length of a list is checked.', () => {
    const seen: number[] = [];
    const look = (element: number) => {
      seen.push(element);
      return 'is wrong';
    };
    const record = field<number, number>('', (element) => element, look);
    const rule: Rule<number[]> = each('list', (list) => list, 2, record);
    expect([...rule([1, 2, 3, 4])].map((violation) => violation.field)).toEqual(['list[0]', 'list[1]']);
    expect(seen).toEqual([1, 2]);
  });
});

describe('violationsBy', () => {
  it('At most 100 violations are returned, and no further ones are searched for.', () => {
    let checked = 0;
    const count = () => {
      checked += 1;
      return 'is wrong';
    };
    const wrong: Rule<unknown> = field('a', () => '', count);
    expect(violationsBy(Array(200).fill(wrong), {})).toHaveLength(100);
    expect(checked).toBeLessThanOrEqual(101);
  });
});
