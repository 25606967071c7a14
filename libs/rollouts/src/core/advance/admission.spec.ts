import { expect, it } from '@jest/globals';
import { contextOf, factsOf, inWords, later, NOW, running, targetOf } from '../fixtures/samples.js';
import type { Target, TargetFacts } from '../target.js';
import { admission } from './admission.js';

const admit = (target: Target, facts: Partial<TargetFacts> = {}, rollout = contextOf()) => {
  const { kind, move } = admission(target, factsOf(facts), rollout, NOW);
  return `${kind}: ${inWords(move)}`;
};
const held = targetOf({ holdsAppid: true });
const ACCEPTED = 'accept: COMMIT RUNNING until 120 s';

it('PENDING becomes RUNNING, holds the appid and is due in 2 minutes, unless another rollout holds the appid', () => {
  expect(admit(targetOf())).toBe(ACCEPTED);
  expect(admission(targetOf(), factsOf(), contextOf(), NOW).move.target.holdsAppid).toBe(true);
  const wait = 'no-operation: COMMIT WAITING for OTHER_ROLLOUT until 5 s';
  expect(admit(targetOf(), { isHeldElsewhere: true })).toBe(wait);
});

it.each(['NOT_AUTHORIZED', 'NO_PERMISSION_SET_18'] as const)(
  'PENDING is SKIPPED if it is %s before its first operation, and admitted after it',
  (authorization) => {
    const skipped = 'no-operation: COMMIT SKIPPED NOT_AUTHORIZED';
    expect(admit(targetOf(), { authorization, isHeldElsewhere: true })).toBe(skipped);
    expect(admit(held, { authorization })).toBe(ACCEPTED);
  },
);

it('PENDING is admitted if the token source does not show the authorization; any other state is left as it is', () => {
  expect(admit(targetOf(), { authorization: 'UNKNOWN' })).toBe(ACCEPTED);
  expect(admit(running())).toBe('no-operation: stays');
});

it.each<[string, Partial<Target>, string]>([
  ['CHECK without anything to check is passed', { step: 'CHECK' }, 'SUBMIT_AUDIT PENDING'],
  [
    'SUBMIT_AUDIT before privacy_at waits',
    { step: 'SUBMIT_AUDIT', privacyAt: later(1_000) },
    'SUBMIT_AUDIT WAITING for PRIVACY_CHECK until 1 s',
  ],
  ['A speed-up beyond the budget waits', { step: 'AUDIT' }, 'AUDIT WAITING for AUDIT until 259200 s'],
])('%s without an operation', (_what, fields, words) => {
  expect(admit({ ...held, ...fields })).toBe(`no-operation: ${words}`);
});

it('A speed-up within the budget is accepted', () => {
  const target: Target = { ...held, step: 'AUDIT' };
  expect(admit(target, {}, contextOf({ canSpeedUp: true }))).toMatch(/^accept: AUDIT RUNNING/);
});
