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
  it('A Chinese character and an emoji count as one character each.', () => {
    expect(countCharacters('小程序🎉')).toBe(4);
    expect(characters(1, 4)('小程序🎉')).toBe(undefined);
    expect(characters(1, 3)('小程序🎉')).toBe('must be 1 to 3 characters, has 4');
  });

  it('An empty text with a minimum length is reported as required.', () => {
    expect(characters(1, 64)('')).toBe('required: 1 to 64 characters');
    expect(characters(0, 64)('')).toBe(undefined);
  });
});

describe('oneLine and manyLines', () => {
  it('A control character is a violation that names its code point.', () => {
    expect(oneLine('a\u0000b')).toBe('must have no control characters, has U+0000');
    expect(oneLine('a\nb')).toBe('must have no control characters, has U+000A');
    expect(manyLines('a\u0007b')).toBe('must have no control characters, has U+0007');
  });

  it('A text that people decide by has no characters that reverse or hide others', () => {
    expect(noFormat('zhang\u202egnahz')).toBe('must have no format characters, has U+202E');
    expect(noFormat('zh\u200bang')).toBe('must have no format characters, has U+200B');
    expect(noFormat('张三 release 2.0 🚀')).toBe(undefined);
  });

  it('A multi-line text may have line breaks and tabs.', () => {
    expect(manyLines('第一行\r\n\t第二行')).toBe(undefined);
  });
});

describe('each', () => {
  it('No element beyond the maximum length of a list is checked.', () => {
    const seen: number[] = [];
    const record = field<number, number>(
      '',
      (element) => element,
      (element) => {
        seen.push(element);
        return 'is wrong';
      },
    );
    const rule: Rule<number[]> = each('list', (list) => list, 2, record);
    expect([...rule([1, 2, 3, 4])].map((violation) => violation.field)).toEqual(['list[0]', 'list[1]']);
    expect(seen).toEqual([1, 2]);
  });
});

describe('violationsBy', () => {
  it('At most 100 violations are returned, and no further ones are searched for.', () => {
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
