import { expect, it } from '@jest/globals';
import { gateOf, gatesOf, waitsForPerson } from './gates.js';

const SUBMIT = 'ROLLOUT_GATE_TYPE_SUBMIT';
const RELEASE = 'ROLLOUT_GATE_TYPE_RELEASE';
const passedAudit = { step: 'ROLLOUT_STEP_RELEASE', state: 'ROLLOUT_TARGET_STATE_PENDING' };
const rollout = {
  spec: { waves: [{}, { submitGate: { afterPercent: 80, manual: true } }, {}] },
  waves: [
    { wave: 1, targets: 10, counts: [{ ...passedAudit, count: 7 }], submitOpenTime: '2026-01-01T00:00:00Z' },
    { wave: 2, targets: 20 },
    { wave: 3, targets: 5 },
  ],
  holds: [{ cause: 'CAUSE_GATE', wave: 2, gate: SUBMIT, targets: 20 }],
} as never;

it('A closed gate names the targets that the wave before still lacks, and how many wait at it', () => {
  const gate = gateOf(rollout, 2, SUBMIT);
  expect(gate).toMatchObject({
    isNext: true,
    needed: 80,
    now: 70,
    missing: 1,
    held: 20,
    openTime: undefined,
  });
  expect(waitsForPerson(gate)).toBe(false);
});

it('Targets that wait for their owner are left out of the share, unless the whole wave waits', () => {
  const unready = (count: number) => ({ waitsFor: 'ROLLOUT_WAIT_READINESS', count });
  const gate = (...counts: object[]) =>
    gateOf({ spec: {}, waves: [{ targets: 10, counts }, { wave: 2 }] } as never, 2, SUBMIT);
  expect(gate(unready(4), { ...passedAudit, count: 6 })).toMatchObject({ now: 100, missing: 0 });
  expect(gate(unready(10))).toMatchObject({ now: 0, missing: 10 });
});

it('The gate of the first wave waits for no wave, and that of a later one is not the next while an earlier one is closed', () => {
  expect(gateOf(rollout, 1, SUBMIT)).toMatchObject({ needed: undefined, openTime: '2026-01-01T00:00:00Z' });
  expect(gateOf(rollout, 3, SUBMIT).isNext).toBe(false);
  expect(gateOf(rollout, 2, RELEASE).isNext).toBe(false);
});

it('A manual gate whose conditions hold waits for an operator', () => {
  const met = { ...gateOf(rollout, 2, SUBMIT), missing: 0 };
  expect(waitsForPerson(met)).toBe(true);
  expect(waitsForPerson({ ...met, spec: {} as never })).toBe(false);
});

it.each([
  [{}, [SUBMIT, RELEASE]],
  [{ spec: { lastStep: 'ROLLOUT_STEP_AUDIT' } }, [SUBMIT]],
  [{ spec: { firstStep: 'ROLLOUT_STEP_RELEASE' } }, [RELEASE]],
  [{ rollbackOf: 'x' }, [SUBMIT]],
])('The rollout %p has the gates %p', (given, gates) => {
  expect(gatesOf(given as never)).toEqual(gates);
});
