import { describe, expect, it } from '@jest/globals';
import { readArguments } from './arguments.js';

describe('the arguments of npm run chaos', () => {
  it('have presets, and a seed of their own each time', () => {
    expect(readArguments([])).toMatchObject({ minutes: 1.5, brokers: 1, fleet: 0, seed: expect.any(Number) });
  });

  it('are taken as given, fractions of a minute too', () => {
    const args = ['--minutes', '0.25', '--seed=7', '--brokers', '3', '--fleet=9', '--report', 'out.md'];
    expect(readArguments(args)).toEqual({ minutes: 0.25, seed: 7, brokers: 3, fleet: 9, report: 'out.md' });
  });

  it('bring a fleet of 2,000 mini-programs by default to a run of three minutes or more', () => {
    expect(readArguments(['--minutes', '3'])).toMatchObject({ fleet: 2_000 });
    expect(readArguments(['--minutes', '3', '--fleet', '0'])).toMatchObject({ fleet: 0 });
  });

  it.each([
    [['--fleet', '-1'], '--fleet'],
    [['--fleet', '10001'], '--fleet'],
    [['--minutes', '0'], '--minutes'],
    [['--minutes', 'two'], '--minutes'],
    [['--minutes=1441'], '--minutes'],
    [['--seed', '1.5'], '--seed'],
    [['--seed=4294967296'], '--seed'],
    [['--brokers', '2'], '--brokers'],
    [['--report='], '--report'],
    [['--minuets', '1'], '--minuets'],
    [['now'], 'now'],
  ])('are refused with a sentence: %s', (args, named) => {
    expect(readArguments(args)).toContain(named);
  });

  it('are refused all at once', () => {
    expect(readArguments(['--minutes=0', '--seed=x'])).toMatch(/--minutes.*--seed/);
  });
});
