import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.js';

describe('readArguments', () => {
  it('readArguments returns one worker and existing data by default', () => {
    expect(readArguments([])).toEqual({ fresh: false, secure: false, strict: false, workers: 1 });
  });

  it('readArguments accepts --fresh, --secure, --strict, and --workers with a space or an equals sign', () => {
    expect(readArguments(['--fresh', '--secure', '--strict', '--workers', '3'])).toEqual({
      fresh: true,
      secure: true,
      strict: true,
      workers: 3,
    });
    expect(readArguments(['--workers=64'])).toEqual({
      fresh: false,
      secure: false,
      strict: false,
      workers: 64,
    });
  });

  it.each([['0'], ['65'], ['1.5'], ['two'], ['-1']])(
    'readArguments rejects --workers=%s and quotes the value',
    (count) => {
      expect(() => readArguments([`--workers=${count}`])).toThrow(`"${count}"`);
    },
  );

  it('readArguments names an unknown option, an extra argument and a missing value', () => {
    expect(() => readArguments(['--frehs'])).toThrow("'--frehs'");
    expect(() => readArguments(['now'])).toThrow("'now'");
    expect(() => readArguments(['--workers'])).toThrow('--workers');
  });
});
