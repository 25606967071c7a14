import { describe, expect, it } from '@jest/globals';
import { refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { listed, newAppids, rolloutCalls, SPEC } from '../rollouts/rollout-calls.js';

const { gateway, database } = useSharedGateway('component');
const { rpc, create, stored, journal } = rolloutCalls(gateway, database);

const REQUEST_ID = () => `intake-${Math.random()}`;
const RETAIL = { allAuthorized: undefined, labels: { labels: ['retail'] } };
const specOf = (continuous: object = {}, given: object = {}) => ({
  ...{ ...SPEC, continuous: { allAuthorized: true, ...continuous } },
  ...given,
});
const draftOf = (continuous: object = {}, given: object = {}) =>
  create({ spec: specOf(continuous, given), requestId: REQUEST_ID() });
const open = (continuous: object = {}, given: object = {}) =>
  create({ spec: specOf(continuous, given), requestId: REQUEST_ID(), start: true });
const UNKNOWN = '01999999-9999-7999-8999-999999999999';

describe('a rollout with continuous', () => {
  it('It may start without a selection, has settings, and is open and takes in from its start', async () => {
    const rollout = await open();
    expect(rollout).toMatchObject({ state: 'ROLLOUT_STATE_RUNNING', open: true, targets: 0 });
    expect(rollout.intakeTime).toEqual(expect.any(Date));
    const readiness = { onNotReady: 'ON_NOT_READY_WAIT' };
    expect(rollout.spec).toMatchObject({ settings: {}, readiness });
    expect(rollout.waves).toMatchObject([{ wave: 1, targets: 0 }]);
    expect(await stored(rollout.id)).toMatchObject({ intake_labels: [] });
    const labelled = await open(RETAIL);
    expect(await stored(labelled.id)).toMatchObject({ intake_labels: ['retail'] });
  });

  it.each<[string, object, object]>([
    ['spec.continuous', { allAuthorized: undefined }, {}],
    ['spec.continuous.labels', { allAuthorized: undefined, labels: { labels: [] } }, {}],
    ['spec.continuous.max_submissions_per_day', { maxSubmissionsPerDay: -1 }, {}],
    ['spec.continuous.replaces', { replaces: 'the old one' }, {}],
    ['spec.waves', {}, { waves: [{ count: 2 }] }],
  ])('A wrong %s is refused', async (field, continuous, given) => {
    const refused = await refusalOf(create({ spec: specOf(continuous, given) }));
    expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', fields: [field] });
  });

  it('A rollback cannot have it, and an unknown path of a mask is refused', async () => {
    const { id } = await open();
    const back = await rpc('rollbackRollout', { id, requestId: REQUEST_ID(), draft: true });
    expect(back.spec?.continuous).toBeUndefined();
    const fieldsOf = async (updateMask: string) =>
      (await refusalOf(rpc('updateRollout', { id: back.id, spec: specOf(), updateMask }))).fields;
    expect(await fieldsOf('continuous')).toEqual(['spec.continuous']);
    expect(await fieldsOf('continuous.labels')).toEqual(['update_mask']);
  });

  it('The plan of one without targets blocks nothing, and shows an open rollout that takes in the same with another template', async () => {
    await database.rows('update rollouts set open = false');
    const reasons = async (continuous: object, given: object = {}) => {
      const { id } = await draftOf(continuous, given);
      const { findings } = await rpc('getRolloutPlan', { id });
      if (findings.some(({ blocking }) => blocking)) return 'blocked';
      return findings.map(({ reason }) => reason).filter((reason) => !reason.startsWith('QUOTA'));
    };
    expect(await reasons({})).toEqual([]);
    const other = await open(RETAIL, { templateId: '8' });
    expect(await reasons({})).toEqual(['OPEN_ROLLOUT_OVERLAP']);
    expect(await reasons({}, { templateId: '8' })).toEqual([]);
    expect(await reasons({ replaces: other.id })).toEqual([]);
    expect(await reasons({ allAuthorized: undefined, labels: { labels: ['vip'] } })).toEqual([]);
  });
});

describe('CloseRollout', () => {
  it.each(['RUNNING', 'PAUSED'])(
    'It closes a %s rollout once, which continues, with its entries in journal and trail',
    async (state) => {
      const { id } = await open();
      await database.rows('update rollouts set state = $2 where id = $1', [id, state]);
      const closed = { state: `ROLLOUT_STATE_${state}`, open: false };
      for (let n = 0; n < 2; n += 1)
        expect(await rpc('closeRollout', { id, reason: 'sold out' })).toMatchObject(closed);
      const { changes } = await rpc('listRolloutChanges', { id });
      const closes = changes.filter(({ type }) => type === 'ROLLOUT_CHANGE_TYPE_CLOSED');
      expect(closes).toMatchObject([{ closeCause: 'ROLLOUT_CLOSE_CAUSE_REQUESTED', reason: 'sold out' }]);
      const trail = `select detail from trail where action = 'rollout.closed' and detail ->> 'rollout_id' = $1`;
      expect(await database.rows(trail, [id])).toMatchObject([{ detail: { reason: 'sold out' } }]);
    },
  );

  it.each([
    ['CancelRollout', 'CANCELLED'],
    ['RollbackRollout', 'ROLLED_BACK'],
  ])('%s closes an open rollout too', async (name, cause) => {
    const { id } = await open();
    if (name === 'CancelRollout') await rpc('cancelRollout', { id });
    else await rpc('rollbackRollout', { id, requestId: REQUEST_ID() });
    expect(await stored(id)).toMatchObject({ open: false, state: 'CANCELLING' });
    expect((await journal(id)).at(-1)).toMatchObject({ type: 'CLOSED', args: { cause } });
  });

  it('A draft, also with continuous, and a rollout without continuous are refused', async () => {
    const plain = await create({ selection: listed(newAppids(1)), start: true });
    const refused = { code: 'FAILED_PRECONDITION', reason: 'ROLLOUT_STATE' };
    for (const { id } of [await draftOf(), plain])
      expect(await refusalOf(rpc('closeRollout', { id }))).toMatchObject(refused);
  });
});

describe('UpdateRollout', () => {
  it.each(['DRAFT', 'RUNNING', 'PAUSED'])(
    'The day limit and the end of a %s rollout can be changed alone',
    async (state) => {
      const { id } = await open({ maxSubmissionsPerDay: 5 });
      await database.rows('update rollouts set state = $2 where id = $1', [id, state]);
      const endTime = '2030-01-01T00:00:00Z';
      const spec = { continuous: { maxSubmissionsPerDay: 9, endTime, onlyUnreleased: true } };
      const updateMask = 'continuous.maxSubmissionsPerDay,continuous.endTime';
      const { spec: after } = await rpc('updateRollout', { id, spec, updateMask });
      expect(after?.continuous).toMatchObject({
        ...{ maxSubmissionsPerDay: 9, endTime: new Date(endTime), onlyUnreleased: false },
        match: { $case: 'allAuthorized' },
      });
      expect((await journal(id)).at(-1)).toMatchObject({ args: { fields: updateMask.split(',') } });
      const cleared = await rpc('updateRollout', { id, spec: {}, updateMask: 'continuous.endTime' });
      expect(cleared.spec?.continuous?.endTime).toBeUndefined();
    },
  );

  it('After the start nothing else of continuous can be changed, and nothing of it in a rollout without', async () => {
    const { id } = await open();
    const whole = rpc('updateRollout', { id, spec: specOf(), updateMask: 'continuous' });
    const metadata = { state: 'RUNNING', field: 'continuous' };
    expect(await refusalOf(whole)).toMatchObject({ reason: 'ROLLOUT_STATE', metadata });
    const plain = await create({ selection: listed(newAppids(1)), start: true });
    const part = rpc('updateRollout', { id: plain.id, spec: specOf(), updateMask: 'continuous.endTime' });
    expect(await refusalOf(part)).toMatchObject({ reason: 'ROLLOUT_STATE', metadata });
  });
});

it('A rollout takes over only from one that is open and takes in newcomers', async () => {
  const old = await open();
  const next = await open({ replaces: old.id });
  expect(next).toMatchObject({ open: true, intakeTime: undefined });
  expect(await refusalOf(open({ replaces: next.id }))).toMatchObject({ reason: 'ROLLOUT_STATE' });
  await rpc('closeRollout', { id: old.id });
  expect(await refusalOf(open({ replaces: old.id }))).toMatchObject({ reason: 'ROLLOUT_STATE' });
  expect(await refusalOf(open({ replaces: UNKNOWN }))).toMatchObject({ reason: 'ROLLOUT_NOT_FOUND' });
});
