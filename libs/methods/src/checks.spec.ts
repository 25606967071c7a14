import { describe, expect, it } from '@jest/globals';
import { problem } from '@wxa/contracts';
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

const WRONG = problem('REQUIRED');

it('A Chinese character and an emoji count as one character each, and an empty text is reported as required.', () => {
  expect(countCharacters('小程序🎉')).toBe(4);
  expect([characters(1, 4)('小程序🎉'), characters(0, 64)('')]).toEqual([undefined, undefined]);
  expect(characters(1, 3)('小程序🎉')).toEqual({
    ...{ reason: 'TEXT_LENGTH', args: { min: '1', max: '3', actual: '4' } },
    description: 'must be 1 to 3 characters, has 4',
  });
  expect(characters(1, 64)('')?.description).toBe('required: 1 to 64 characters');
});

describe('oneLine, manyLines and noFormat', () => {
  it('A control character is a violation that names its code point, except line breaks and tabs of several lines.', () => {
    const control = 'must have no control characters, has';
    expect(oneLine('a\u0000b')?.description).toBe(`${control} U+0000`);
    expect(oneLine('a\nb')?.description).toBe(`${control} U+000A`);
    expect(manyLines('a\u0007b')?.description).toBe(`${control} U+0007`);
    expect(manyLines('第一行\r\n\t第二行')).toBe(undefined);
  });

  it('A text that people decide by has no characters that reverse or hide others', () => {
    const format = 'must have no format characters, has';
    expect(noFormat('zhang\u202egnahz')?.description).toBe(`${format} U+202E`);
    expect(noFormat('zh\u200bang')?.description).toBe(`${format} U+200B`);
    expect(noFormat('张三 release 2.0 🚀')).toBe(undefined);
  });
});

it('No element beyond the maximum length of a list is checked.', () => {
  const seen: number[] = [];
  const look = (element: number) => {
    seen.push(element);
    return WRONG;
  };
  const record = field<number, number>('', (element) => element, look);
  const rule: Rule<number[]> = each('list', (list) => list, 2, record);
  expect([...rule([1, 2, 3, 4])].map((violation) => violation.field)).toEqual(['list[0]', 'list[1]']);
  expect(seen).toEqual([1, 2]);
});

it('At most 100 violations are returned, and no further ones are searched for.', () => {
  let checked = 0;
  const count = () => {
    checked += 1;
    return WRONG;
  };
  const wrong: Rule<unknown> = field('a', () => '', count);
  expect(violationsBy(Array(200).fill(wrong), {})).toHaveLength(100);
  expect(checked).toBeLessThanOrEqual(101);
});
