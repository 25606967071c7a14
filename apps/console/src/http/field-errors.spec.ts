import { expect, it } from '@jest/globals';
import { problem } from '@wxa/contracts';
import { textOf } from './field-errors.js';

it('A violation is shown in Chinese with its arguments, and in English as the gateway describes it', () => {
  const violation = {
    field: 'percent',
    ...problem('NUMBER_OUT_OF_RANGE', { min: 1, max: 100, actual: 101 }),
  };
  expect(textOf(violation)).toEqual({
    en: 'must be 1 to 100, is 101',
    zh: '应为 1 到 100，现在是 101',
  });
});

it('A violation without a reason, or with one of a later version, is shown as the gateway describes it', () => {
  for (const reason of ['', 'OF_LATER', 'toString'])
    expect(textOf({ field: 'a', reason, args: {}, description: 'must be so' })).toEqual({
      en: 'must be so',
      zh: 'must be so',
    });
});
