import { expect, it } from '@jest/globals';
import { operatorStops } from './stops.js';

const status = (...stops: object[]) =>
  ({ apis: stops.map((stop, n) => ({ api: `wxa/${n}`, stop })) }) as unknown as Parameters<
    typeof operatorStops
  >[0];
const forward = {
  scope: 'STOP_SCOPE_FORWARD_CHANGES',
  endTime: '2026-12-01T04:00:00Z',
  reason: '故障',
  stoppedBy: 'console',
  onBehalfOf: 'zhang',
};

it('APIs that one user stopped at once are one stop, which ends when its first one does', () => {
  const later = { ...forward, endTime: '2026-12-02T00:00:00Z', errcode: 85085 };
  expect(operatorStops(status(later, forward))).toEqual([
    {
      scope: forward.scope,
      apis: ['wxa/0', 'wxa/1'],
      endTime: forward.endTime,
      reason: '故障',
      by: 'zhang',
    },
  ]);
});

it('An API whose quota is exhausted was stopped by nobody, and a caller that acts for nobody is named itself', () => {
  const quota = { ...forward, stoppedBy: '', onBehalfOf: '', reason: '' };
  const script = { ...forward, onBehalfOf: '' };
  expect(operatorStops(status(quota, script)).map(({ by }) => by)).toEqual(['console']);
});

it('A stop at a gateway without a policy, whose callers have no names, is one by its person', () => {
  expect(operatorStops(status({ ...forward, stoppedBy: '' })).map(({ by }) => by)).toEqual(['zhang']);
});
