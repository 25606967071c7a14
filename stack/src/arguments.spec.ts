import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.js';

describe('readArguments', () => {
  it('runs one worker on the kept data where nothing is said', () => {
    expect(readArguments([])).toEqual({ fresh: false, workers: 1 });
  });

  it('takes --fresh and --workers in both spellings', () => {
    expect(readArguments(['--fresh', '--workers', '3'])).toEqual({ fresh: true, workers: 3 });
    expect(readArguments(['--workers=64'])).toEqual({ fresh: false, workers: 64 });
  });

  it.each([['0'], ['65'], ['1.5'], ['two'], ['-1']])('names a --workers of %s', (count) => {
    expect(() => readArguments([`--workers=${count}`])).toThrow(`"${count}"`);
  });

  it('names what it does not know', () => {
    expect(() => readArguments(['--frehs'])).toThrow("'--frehs'");
    expect(() => readArguments(['now'])).toThrow("'now'");
    expect(() => readArguments(['--workers'])).toThrow('--workers');
  });
});
