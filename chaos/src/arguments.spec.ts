import { expect, it } from '@jest/globals';
import { readChaosOptions } from './arguments.js';

it('readArguments has defaults, and a random seed each time', () => {
  expect(readChaosOptions([])).toMatchObject({
    minutes: 1.5,
    brokers: 1,
    fleet: 0,
    seed: expect.any(Number),
  });
});

it('readArguments accepts every option, and fractions of a minute', () => {
  const args =
    '--minutes 0.25 --seed=7 --brokers 3 --fleet=9 --rollout=5 --recovery --report out.md --beside old';
  const expected = {
    ...{ minutes: 0.25, seed: 7, brokers: 3, fleet: 9, rollout: 5 },
    ...{ recovery: true, report: 'out.md', otherVersion: 'old' },
  };
  expect(readChaosOptions(args.split(' '))).toEqual(expected);
});

it('readArguments defaults to a fleet of 2,000 mini-programs for a run of three minutes or more', () => {
  expect(readChaosOptions(['--minutes', '3'])).toMatchObject({ fleet: 2_000 });
  expect(readChaosOptions(['--minutes', '3', '--fleet', '0'])).toMatchObject({ fleet: 0 });
});

it.each([
  [['--fleet', '-1'], '--fleet'],
  [['--fleet', '10001'], '--fleet'],
  [['--rollout', '10001'], '--rollout'],
  [['--minutes', '0'], '--minutes'],
  [['--minutes', 'two'], '--minutes'],
  [['--minutes=1441'], '--minutes'],
  [['--seed', '1.5'], '--seed'],
  [['--seed=4294967296'], '--seed'],
  [['--brokers', '2'], '--brokers'],
  [['--beside='], '--beside'],
  [['--report='], '--report'],
  [['--minuets', '1'], '--minuets'],
  [['now'], 'now'],
])('readArguments rejects %j and names %s', (args, named) => {
  expect(readChaosOptions(args)).toContain(named);
});

it('readArguments reports all errors together', () => {
  expect(readChaosOptions(['--minutes=0', '--seed=x'])).toMatch(/--minutes.*--seed/);
});
