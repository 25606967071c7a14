import { expect, it } from '@jest/globals';
import { Counts } from './counts.js';

const WAVES = Array.from({ length: 100 }, (_, n) => n + 1);
const pending = (wave: number) => ({ wave, step: 1, state: 'PENDING', waitsFor: '', targets: 5 });

it('A move computes the counts of no other wave again, however many waves there are', () => {
  const counts = new Counts(WAVES.map(pending));
  const before = WAVES.map((wave) => counts.ofWave(wave));
  const place = { wave: 7, step: 'COMMIT', waitsFor: null } as const;
  counts.move({ ...place, state: 'PENDING' }, { ...place, state: 'RUNNING' });
  expect(WAVES.filter((wave, i) => counts.ofWave(wave) !== before[i])).toEqual([7]);
  expect(counts.ofWave(7)).toEqual([
    { step: 'COMMIT', state: 'PENDING', waitsFor: null, targets: 4 },
    { step: 'COMMIT', state: 'RUNNING', waitsFor: null, targets: 1 },
  ]);
  expect(counts.differences).toEqual([
    { ...pending(7), targets: -1 },
    { ...pending(7), state: 'RUNNING', targets: 1 },
  ]);
});
