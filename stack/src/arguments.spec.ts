import { expect, it } from '@jest/globals';
import { readStartOptions } from './arguments.js';

it.each([
  [[], {}],
  [['--fresh', '--secure', '--strict'], { fresh: true, secure: true, strict: true }],
  [['--workers', '3'], { workers: 3 }],
  [['--workers=64'], { workers: 64 }],
])('readArguments has one worker and existing data, unless %j says otherwise', (args, given) => {
  const usual = { fresh: false, secure: false, strict: false, workers: 1 };
  expect(readStartOptions(args)).toEqual({ ...usual, ...given });
});

it.each(['0', '65', '1.5', 'two', '-1'])('readArguments rejects --workers=%s and quotes it', (count) => {
  expect(() => readStartOptions([`--workers=${count}`])).toThrow(`"${count}"`);
});

it('readArguments names an unknown option, an extra argument and a missing value', () => {
  expect(() => readStartOptions(['--frehs'])).toThrow("'--frehs'");
  expect(() => readStartOptions(['now'])).toThrow("'now'");
  expect(() => readStartOptions(['--workers'])).toThrow('--workers');
});
