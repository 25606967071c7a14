import { describe, expect, it } from '@jest/globals';
import { RolloutReadiness_OnNotReady as OnNotReady, ReadinessItemType, RolloutStep } from '@wxa/contracts';
import { retryOf } from '../commands.js';
import {
  contextOf,
  factsOf,
  inventoryOf,
  inWords,
  later,
  NEEDED,
  NOW,
  specOf,
  targetOf,
} from '../fixtures/samples.js';
import { newTarget } from '../rollout-target.js';
import type { Obstacle, Target, TargetFacts } from '../target.js';
import { admission } from './admission.js';
import { advance } from './advance.js';

const { ON_NOT_READY_WAIT: WAIT, ON_NOT_READY_IGNORE: IGNORE } = OnNotReady;
const MINUTE = 60_000;
const FILING = { item: 'FILING', detail: 'The owner must file the mini-program.' };

const context = (readiness: object = {}, fields: object = {}) =>
  contextOf({ spec: specOf({ readiness, ...fields }) });
/** As it was read some minutes ago. */
const seen = (minutes: number | null, ...obstacles: Obstacle[]): TargetFacts =>
  factsOf({
    inventory: inventoryOf({ readAt: minutes === null ? null : later(-minutes * MINUTE), obstacles }),
  });
/** As a read was asked for some minutes ago. */
const asked = (minutes: number, { inventory }: TargetFacts = seen(null)): TargetFacts =>
  factsOf({ inventory: inventoryOf({ ...inventory, askedAt: later(-minutes * MINUTE) }) });
const pending = targetOf({ step: 'READINESS' });
const waiting = (waitsFor: 'READINESS' | 'READ', due: Date): Target => ({
  ...pending,
  ...{ state: 'WAITING', waitsFor, dueAt: due },
});
const reading = waiting('READ', later(5 * MINUTE));
const admit = (facts: TargetFacts, of = context(), target = pending) => {
  const admitted = admission(target, facts, of, NOW);
  return admitted.kind === 'accept' ? 'an operation' : inWords(admitted.move);
};
const look = (target: Target, facts: TargetFacts, of = context()) => inWords(advance(target, facts, of, NOW));

describe('the step READINESS', () => {
  it('A rollout begins with it only if it is specified', () => {
    const first = (fields: object) => newTarget('wx1', 1, specOf(fields), false).step;
    expect(first({})).toBe('COMMIT');
    expect(first({ readiness: {} })).toBe('READINESS');
    expect(first({ readiness: {}, firstStep: RolloutStep.ROLLOUT_STEP_COMMIT })).toBe('COMMIT');
  });

  it('A mini-program that is ready by a read of the last hour continues without an operation', () => {
    expect(admit(seen(59))).toBe('COMMIT PENDING, passed');
    const alone = context({}, { lastStep: RolloutStep.ROLLOUT_STEP_READINESS });
    expect(admit(seen(59), alone)).toBe('READINESS SUCCEEDED, passed');
  });

  it('While a read is being stored a target does not begin to wait, and one that waits already is left to it', () => {
    const busy = factsOf({ inventory: inventoryOf({ isBusy: true }) });
    expect(admit(busy)).toBe('still READINESS PENDING until 1 s');
    for (const wait of ['READINESS', 'READ'] as const)
      expect(look(waiting(wait, later(MINUTE)), busy)).toBe('stays');
  });

  it.each([null, 60])(
    'A row that was read %s minutes ago is read again, and the target waits for it',
    (age) => {
      const admitted = admission(pending, seen(age, FILING), context(), NOW);
      expect(admitted.kind === 'no-operation' && inWords(admitted.move)).toBe(
        'READINESS WAITING for READ until 600 s',
      );
      expect(admitted.move).toMatchObject({ needsRead: true, target: { holdsAppid: false } });
      expect(look(reading, seen(0))).toBe('COMMIT PENDING, passed');
      expect(look(reading, seen(0, FILING))).toBe('READINESS SKIPPED NOT_READY');
    },
  );

  it('A read that failed is asked for again, and after 10 minutes what is not known holds nothing back', () => {
    const again = advance(reading, seen(null), context(), NOW);
    expect(again).toMatchObject({ change: 'due', needsRead: true, target: { dueAt: reading.dueAt } });
    const due = { ...reading, dueAt: NOW };
    expect(look(due, asked(9))).toBe('COMMIT PENDING, passed');
    expect(look(due, asked(9, seen(600, FILING)))).toBe('READINESS SKIPPED NOT_READY');
  });

  it('A target waits until a read has been asked for: that its turn has not come says nothing', () => {
    const due = { ...reading, dueAt: NOW };
    for (const facts of [seen(null), seen(600), asked(10)]) {
      expect(look(due, facts)).toBe('still READINESS WAITING for READ until 600 s');
      expect(advance(due, facts, context(), NOW)).toMatchObject({ needsRead: true });
    }
  });

  it('A target that is not in the inventory passes', () => {
    expect(admit(factsOf({ authorization: 'UNKNOWN' }))).toBe('COMMIT PENDING, passed');
  });

  it('A target that is not ready is skipped with the items, unless they are ignored', () => {
    const category = { item: 'CATEGORY', detail: 'There is no approved category.' };
    const { move } = admission(pending, seen(1, FILING, category), context(), NOW);
    expect(inWords(move)).toBe('READINESS SKIPPED NOT_READY');
    expect(move.target.error?.errmsg).toBe(`FILING: ${FILING.detail}, CATEGORY: ${category.detail}`);
    const ignore = [ReadinessItemType.READINESS_ITEM_TYPE_FILING];
    expect(admit(seen(1, FILING), context({ ignore }))).toBe('COMMIT PENDING, passed');
    expect(admit(seen(1, FILING, category), context({ ignore }))).toBe('READINESS SKIPPED NOT_READY');
    expect(admit(seen(1, FILING, category), context({ onNotReady: IGNORE }))).toBe('COMMIT PENDING, passed');
  });

  it('A value that the settings lack is no obstacle if the rollout or the target has it', () => {
    const values = { item: 'EXT_VALUES', detail: 'The settings have no value at /ext/a.' };
    const of = context({}, { settings: {} });
    const facts = { ...seen(1, values), settings: { ...NEEDED, extPatches: [] } };
    expect(admit(facts, of)).toBe('READINESS SKIPPED NOT_READY');
    const having = context({}, { settings: {}, extJson: '{"ext":{"a":1}}' });
    expect(admit(facts, having)).toBe('COMMIT PENDING, passed');
    expect(admit(facts, of, { ...pending, extPatch: '{"ext":{"a":2}}' })).toBe('COMMIT PENDING, passed');
    expect(admit(facts, having, { ...pending, extPatch: '{"ext":{"a":null}}' })).toBe(
      'READINESS SKIPPED NOT_READY',
    );
  });

  it('Data that the code committed last uses without a text holds back no target that commits and then sets the guide', () => {
    const guide = { item: 'PRIVACY_GUIDE', detail: 'The guide has no text: Location.' };
    const facts = seen(1, { ...guide, isOfCode: true });
    for (const onNotReady of [WAIT, undefined])
      expect(admit(facts, context({ onNotReady }, { settings: {} }))).toBe('COMMIT PENDING, passed');
    expect(admit(seen(1, guide), context({}, { settings: {} }))).toBe('READINESS SKIPPED NOT_READY');
    const lastStep = RolloutStep.ROLLOUT_STEP_READINESS;
    for (const fields of [{}, { settings: {}, lastStep }])
      expect(admit(facts, context({}, fields))).toBe('READINESS SKIPPED NOT_READY');
  });

  it('A target that waits is moved by the read that shows it ready, and looked at hourly', () => {
    const waits = context({ onNotReady: WAIT });
    expect(admit(seen(1, FILING), waits)).toBe('READINESS WAITING for READINESS until 3600 s');
    const target = waiting('READINESS', later(MINUTE));
    expect(look(target, seen(600, FILING), waits)).toBe('stays');
    expect(look({ ...target, dueAt: NOW }, seen(600, FILING), waits)).toBe(
      'still READINESS WAITING for READINESS until 3600 s',
    );
    expect(look(target, seen(600), waits)).toBe('COMMIT PENDING, passed');
  });

  it.each(['NOT_AUTHORIZED', 'NO_PERMISSION_SET_18'] as const)(
    '%s skips the target in every case',
    (authorization) => {
      for (const readiness of [{ onNotReady: WAIT }, { onNotReady: IGNORE }]) {
        const facts = { ...seen(1), authorization };
        expect(admit(facts, context(readiness))).toBe('READINESS SKIPPED NOT_AUTHORIZED');
        expect(look(reading, facts, context(readiness))).toBe('READINESS SKIPPED NOT_AUTHORIZED');
      }
    },
  );

  it('A live version skips the target of a rollout that takes in unreleased ones only, as soon as it is known, and no other', () => {
    const facts = factsOf({ inventory: inventoryOf({ isLive: true }) });
    const only = (onlyUnreleased: boolean) => context({}, { continuous: { onlyUnreleased } });
    expect(admit(facts, only(true))).toBe('READINESS SKIPPED ALREADY_RELEASED');
    expect(look(reading, facts, only(true))).toBe('READINESS SKIPPED ALREADY_RELEASED');
    for (const of of [only(false), context()])
      expect(admit(facts, of)).toBe('READINESS WAITING for READ until 600 s');
    const known = inventoryOf({ ...seen(1).inventory, versionsAt: later(-MINUTE) });
    expect(admit(factsOf({ inventory: known }), only(true))).toBe('COMMIT PENDING, passed');
  });

  it('So does one that another rollout has released while the target waited for it', () => {
    const only = context({}, { continuous: { onlyUnreleased: true } });
    const facts = factsOf({ inventory: inventoryOf({ isLive: true }) });
    expect(admit(facts, only, targetOf())).toBe('COMMIT SKIPPED ALREADY_RELEASED');
    for (const own of [{ isReleased: true }, { holdsAppid: true }])
      expect(admit(facts, only, targetOf(own))).toBe('an operation');
    const from = { firstStep: RolloutStep.ROLLOUT_STEP_COMMIT, continuous: { onlyUnreleased: true } };
    for (const of of [context(), context({}, from)])
      expect(admit(facts, of, targetOf())).toBe('an operation');
  });

  it('Where a live version decides, a target waits until the versions have been read, whatever else was', () => {
    const only = context({}, { continuous: { onlyUnreleased: true } });
    const wait = 'READINESS WAITING for READ until 600 s';
    const due = { ...reading, dueAt: NOW };
    for (const versionsAt of [null, later(-60 * MINUTE)]) {
      const facts = factsOf({ inventory: inventoryOf({ ...seen(1).inventory, versionsAt }) });
      expect(admit(facts, only)).toBe(wait);
      expect(look(due, facts, only)).toBe(`still ${wait}`);
      expect(look(due, asked(1, facts), only)).toBe('READINESS WAITING for READINESS until 600 s');
      expect(advance(due, asked(1, facts), only, NOW)).toMatchObject({ needsRead: true });
      const owned = waiting('READINESS', later(5 * MINUTE));
      expect(look(owned, facts, only)).toBe('still READINESS WAITING for READINESS until 600 s');
      expect(advance(owned, facts, only, NOW)).toMatchObject({ needsRead: true });
      expect(look(owned, asked(4, facts), only)).toBe('stays');
    }
  });

  it('Another rollout that holds the mini-program is waited for before the commit, not here', () => {
    const facts = { ...seen(1), isHeldElsewhere: true };
    expect(admit(facts)).toBe('COMMIT PENDING, passed');
    expect(admit(facts, context(), targetOf())).toBe('COMMIT WAITING for OTHER_ROLLOUT until 5 s');
  });

  it('A target that lost its authorization before its audit is retried from here too, if a live version would end it', () => {
    const facts = { ...seen(1), authorization: 'NOT_AUTHORIZED' as const };
    const retriedIn = (of: ReturnType<typeof context>) => {
      const { move } = admission(targetOf(), facts, of, NOW);
      const retried = retryOf({ target: move.target, facts: seen(1), context: of, now: NOW }, null);
      return retried && inWords(retried);
    };
    expect(retriedIn(context({}, { continuous: { onlyUnreleased: true } }))).toBe('READINESS PENDING #2');
    expect(retriedIn(context())).toBe('COMMIT PENDING #2');
  });

  it('A target that was not ready is retried from here', () => {
    const { move } = admission(pending, seen(1, FILING), context(), NOW);
    const retried = retryOf({ target: move.target, facts: seen(1), context: context(), now: NOW }, null);
    expect(retried && inWords(retried)).toBe('READINESS PENDING #2');
  });
});
