import { expect, it } from '@jest/globals';
import { VIOLATIONS } from './violations.js';

const argumentsIn = (text: string) => text.match(/\{\w+\}/g)?.toSorted() ?? [];

it.each(Object.entries(VIOLATIONS))(
  'The Chinese text of the violation %s has Chinese characters and the same arguments as the English one',
  (_, [en, zh]) => {
    expect(zh).toMatch(/\p{Script=Han}/u);
    expect(argumentsIn(zh)).toEqual(argumentsIn(en));
  },
);
