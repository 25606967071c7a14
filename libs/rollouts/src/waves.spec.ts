import { describe, expect, it } from '@jest/globals';
import { specOf, step } from './fixtures/samples.js';
import { grayPercentageOf, pipelineOf, withDefaults } from './pipeline.js';
import { waveSizes } from './waves.js';

const WAVE = { submitGate: undefined, releaseGate: undefined, speedUp: false };

describe('waveSizes', () => {
  it('waveSizes rounds percentages up and keeps counts, labels and the rest', () => {
    const waves = [
      { ...WAVE, size: { $case: 'count' as const, value: 5 } },
      { ...WAVE, size: { $case: 'percent' as const, value: 10 } },
      { ...WAVE, size: { $case: 'label' as const, value: 'vip' } },
      { ...WAVE, size: { $case: 'rest' as const, value: true } },
    ];
    expect(waveSizes(waves, 101)).toEqual([
      { by: 'count', targets: 5 },
      { by: 'count', targets: 11 },
      { by: 'label', label: 'vip' },
      { by: 'rest' },
    ]);
    expect(waveSizes([], 7)).toEqual([{ by: 'rest' }]);
  });
});

describe('pipelineOf', () => {
  it('A pipeline runs from first_step to last_step', () => {
    expect(pipelineOf(specOf(), false)).toEqual([
      'COMMIT',
      'CHECK',
      'SUBMIT_AUDIT',
      'AUDIT',
      'RELEASE',
      'VERIFY',
    ]);
    expect(pipelineOf(specOf({ firstStep: step('CHECK'), lastStep: step('AUDIT') }), false)).toEqual([
      'CHECK',
      'SUBMIT_AUDIT',
      'AUDIT',
    ]);
    expect(pipelineOf(specOf(), true)).toEqual(['ROLL_BACK', 'VERIFY']);
  });
});

describe('withDefaults', () => {
  it('withDefaults fills in what is not set, and only that', () => {
    const spec = specOf({ maxInFlight: 0, stopRules: [] });
    expect(withDefaults(spec)).toMatchObject({
      maxInFlight: 200,
      stopRules: [{ cause: 'CAUSE_ANY', percent: 20, minEnded: 20, count: 0 }],
      waves: [{ size: { $case: 'rest', value: true } }],
    });
    const given = specOf({ maxInFlight: 7, waves: [{ size: { $case: 'count', value: 1 } }] });
    expect(withDefaults(given)).toEqual(given);
  });
});

describe('grayPercentageOf', () => {
  const spec = specOf({ release: { graySteps: [{ percentage: 10 }, { percentage: 50 }] } });

  it('gray_percentage is the share of the last gray step, and 100 after the release to all users', () => {
    const at = (grayShare: number | null, isReleased = false) =>
      grayPercentageOf({ grayShare, isReleased }, spec);
    expect([at(null), at(10), at(50), at(50, true), at(null, true)]).toEqual([0, 10, 50, 100, 100]);
  });

  it('gray_percentage is 0 in a rollout without gray steps', () => {
    expect(grayPercentageOf({ grayShare: null, isReleased: true }, specOf())).toBe(0);
  });
});
