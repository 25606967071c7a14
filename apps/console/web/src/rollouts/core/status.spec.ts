import { expect, it } from '@jest/globals';
import { statusOf } from './status.js';

const ended = (state: string, count: number) => ({
  step: 'ROLLOUT_STEP_VERIFY',
  state: `ROLLOUT_TARGET_STATE_${state}`,
  count,
});
const status = (state: string, more = {}) =>
  statusOf({ state: `ROLLOUT_STATE_${state}`, spec: {}, ...more } as never);

it('A rollout that ended with failures is amber and says how many', () => {
  expect(status('COMPLETED', { counts: [ended('SUCCEEDED', 34)] })).toEqual({
    tone: 'success',
    name: 'state',
  });
  expect(status('COMPLETED', { counts: [ended('SUCCEEDED', 34), ended('FAILED', 6)] })).toEqual({
    tone: 'warning',
    name: 'failed',
    failed: 6,
  });
});

it('A running rollout that a quota or a stopped API holds is amber with the cause, one that waits for another wave is not', () => {
  const holds = (...causes: string[]) => ({ holds: causes.map((cause) => ({ cause: `CAUSE_${cause}` })) });
  expect(status('RUNNING', holds('GATE', 'API_STOPPED'))).toMatchObject({
    tone: 'warning',
    cause: 'API_STOPPED',
  });
  expect(status('RUNNING', holds('GATE'))).toEqual({ tone: 'processing', name: 'state' });
});

it('A running rollout whose gate only waits for an operator is amber', () => {
  const manual = {
    spec: { waves: [{ submitGate: { manual: true } }] },
    waves: [{ wave: 1, targets: 3 }],
    holds: [{ cause: 'CAUSE_GATE', wave: 1, gate: 'ROLLOUT_GATE_TYPE_SUBMIT', targets: 3 }],
  };
  expect(status('RUNNING', manual)).toEqual({ tone: 'warning', name: 'gate' });
});

it('A list has no waves: there the explanation of a gate says whether it only waits for an operator', () => {
  const listed = (reason: string, args: object = {}) =>
    status('RUNNING', {
      waves: [],
      holds: [{ cause: 'CAUSE_GATE', explanation: { reason, arguments: args } }],
    });
  const share = (passed: string, manual = 'true') =>
    listed('GATE_SHARE', { passed, targets: '5', percent: '100', manual });
  const gate = { tone: 'warning', name: 'gate' };
  const state = { tone: 'processing', name: 'state' };
  expect([listed('GATE_MANUAL'), share('5')]).toEqual([gate, gate]);
  expect([listed('GATE_TIME'), share('4'), share('5', 'false')]).toEqual([state, state, state]);
});

it.each([
  ['DRAFT', 'default'],
  ['PAUSED', 'warning'],
  ['CANCELLING', 'warning'],
  ['CANCELLED', 'default'],
])('A rollout that is %s is %s', (state, tone) => {
  expect(status(state)).toEqual({ tone, name: 'state' });
});
