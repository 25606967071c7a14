import { describe, expect, it } from '@jest/globals';
import { specOf, step } from './fixtures/samples.js';
import { grayPercentageOf, pipelineOf, withDefaults } from './pipeline.js';
import { waveSizes } from './waves.js';

describe('waveSizes', () => {
  it('waveSizes rounds percentages up and keeps counts, labels and the rest', () => {
    const sizes = [
      { $case: 'count' as const, value: 5 },
      { $case: 'percent' as const, value: 10 },
      { $case: 'label' as const, value: 'vip' },
      { $case: 'rest' as const, value: true },
    ];
    expect(waveSizes(specOf({ waves: sizes.map((size) => ({ size })) }).waves, 101)).toEqual([
      { by: 'count', targets: 5 },
      { by: 'count', targets: 11 },
      { by: 'label', label: 'vip' },
      { by: 'rest' },
    ]);
    expect(waveSizes([], 7)).toEqual([{ by: 'rest' }]);
  });
});

describe('pipelineOf', () => {
  it('A pipeline runs from first_step to last_step, and that of a rollback is its own', () => {
    const all = ['COMMIT', 'CHECK', 'SUBMIT_AUDIT', 'AUDIT', 'RELEASE', 'VERIFY'];
    expect(pipelineOf(specOf(), false)).toEqual(all);
    const part = specOf({ firstStep: step('CHECK'), lastStep: step('AUDIT') });
    expect(pipelineOf(part, false)).toEqual(all.slice(1, 4));
    expect(pipelineOf(specOf(), true)).toEqual(['ROLL_BACK', 'VERIFY']);
  });
});

describe('withDefaults', () => {
  it('withDefaults fills in what is not set, and only that', () => {
    expect(withDefaults(specOf({ maxInFlight: 0, stopRules: [] }))).toMatchObject({
      maxInFlight: 200,
      stopRules: [{ cause: 'CAUSE_ANY', percent: 20, minEnded: 20, count: 0 }],
      waves: [{ size: { $case: 'rest', value: true } }],
    });
    const given = specOf({ maxInFlight: 7, waves: [{ size: { $case: 'count', value: 1 } }] });
    expect(withDefaults(given)).toEqual(given);
  });
});

describe('grayPercentageOf', () => {
  it('gray_percentage is the share of the last gray step, 100 after the release to all, and 0 without gray steps', () => {
    const spec = specOf({ release: { graySteps: [{ percentage: 10 }, { percentage: 50 }] } });
    const at = (grayShare: number | null, isReleased = false, of = spec) =>
      grayPercentageOf({ grayShare, isReleased }, of);
    expect([at(null), at(10), at(50), at(50, true), at(null, true)]).toEqual([0, 10, 50, 100, 100]);
    expect(at(null, true, specOf())).toBe(0);
  });
});
