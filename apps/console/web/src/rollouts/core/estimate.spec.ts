import { expect, it } from '@jest/globals';
import { estimate } from './estimate.js';

const HOUR = 3600;
const plan = (spec: object, auditS = 2 * HOUR, callsS = 0) =>
  estimate({ spec: { waves: [], ...spec }, rollbackOf: '' } as never, auditS, callsS, 0);

it('A plan of one wave takes the preparation, an audit and the release', () => {
  expect(plan({})).toEqual({ seconds: 90 + 2 * HOUR + 60, manualGates: 0 });
  expect(plan({ release: { graySteps: [{ pause: '3600s' }] } }).seconds).toBe(90 + 3 * HOUR + 60);
  expect(plan({ lastStep: 'ROLLOUT_STEP_AUDIT' }).seconds).toBe(90 + 2 * HOUR);
});

it('Each wave begins when the one before has passed its audits, after the pause of its gate', () => {
  const waves = [{}, { submitGate: { bakeTime: '3600s' } }];
  expect(plan({ waves }).seconds).toBe(2 * (90 + 2 * HOUR) + HOUR + 60);
});

it('Gates that an operator opens are counted, a time of a gate is waited for', () => {
  const waves = [
    {},
    { submitGate: { manual: true }, releaseGate: { manual: true, notBefore: '1970-01-02T00:00:00Z' } },
  ];
  expect(plan({ waves })).toEqual({ seconds: 24 * HOUR + 60, manualGates: 2 });
});

it('A plan is not faster than its calls', () => {
  expect(plan({}, 0, 10 * HOUR).seconds).toBe(10 * HOUR);
});
