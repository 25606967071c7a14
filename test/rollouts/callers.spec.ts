import { describe, expect, it } from '@jest/globals';
import { usePolicy } from '../callers/shared-policy.js';
import { refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { listed, rolloutCalls } from './rollout-calls.js';

const { gateway, database } = useSharedGateway('policy');
const policy = usePolicy(gateway, {
  'team-a': { allow: [{ methods: ['*'], appids: ['wxa*'] }] },
  'team-b': { allow: [{ methods: ['*'], appids: ['wxb*'] }] },
  operator: { mayActFor: true },
  'all-but-one': { deny: [{ methods: ['Rollouts/*'], appids: ['wxc*'], reason: 'frozen' }] },
});
const { rpc, create, journal, stored } = rolloutCalls(gateway, database);

const [A, B] = [`wxa${'0'.repeat(15)}`, `wxb${'0'.repeat(15)}`];
const as = (caller: string) => ({ headers: policy.headers(caller) });
const UNKNOWN = '01999999-9999-7999-8999-999999999999';
const SUBMIT = 'ROLLOUT_GATE_TYPE_SUBMIT';

const CALLS: [Parameters<typeof rpc>[0], object][] = [
  ['getRollout', {}],
  ['updateRollout', { spec: { maxInFlight: 7 }, updateMask: 'max_in_flight' }],
  ['addRolloutTargets', { targets: [{ appid: B }] }],
  ['getRolloutPlan', {}],
  ['startRollout', {}],
  ['listRolloutTargets', {}],
  ['getRolloutTarget', { appid: A }],
  ['listRolloutFailures', {}],
  ['listRolloutChanges', {}],
  ['listRolloutHistory', {}],
  ['pauseRollout', {}],
  ['resumeRollout', {}],
  ['advanceRollout', { gate: SUBMIT }],
  ['closeRollout', {}],
  ['cancelRollout', {}],
  ['retryRollout', {}],
  ['skipRolloutTargets', { filter: { wave: 1 } }],
  ['rollbackRollout', {}],
];

describe('Rollouts of several callers', () => {
  it.each(CALLS)('%s of a foreign rollout gets exactly the error of an unknown id', async (call, request) => {
    const { id } = await create({ selection: listed([A]) }, as('team-a'));
    const before = await stored(id);
    const refused = async (asked: string) => {
      const { violations: _, ...refusal } = await refusalOf(
        rpc(call, { id: asked, ...request }, as('team-b')),
      );
      return refusal;
    };
    const foreign = await refused(id);
    expect(foreign).toMatchObject({ code: 'NOT_FOUND', reason: 'ROLLOUT_NOT_FOUND' });
    expect(foreign).toEqual(await refused(UNKNOWN));
    expect(await stored(id)).toEqual(before);
  });

  it('A caller whose policy covers all mini-programs sees and controls the rollouts of others, and no one else does', async () => {
    const { id } = await create({ selection: listed([A]), start: true }, as('team-a'));
    const sees = async (caller: string) =>
      (await rpc('listRollouts', { pageSize: 500 }, as(caller))).rollouts.some((each) => each.id === id);
    const callers = ['team-a', 'operator', 'team-b', 'all-but-one'];
    expect(await Promise.all(callers.map(sees))).toEqual([true, true, false, false]);
    expect(await refusalOf(rpc('pauseRollout', { id, onBehalfOf: 'Ada' }, as('team-a')))).toMatchObject({
      violations: [{ field: 'on_behalf_of' }],
    });
    await rpc('pauseRollout', { id, onBehalfOf: 'Ada' }, as('operator'));
    expect((await journal(id)).map(({ type, caller, on_behalf_of }) => [type, caller, on_behalf_of])).toEqual(
      [
        ['CREATED', 'team-a', ''],
        ['STARTED', 'team-a', ''],
        ['PAUSED', 'operator', 'Ada'],
      ],
    );
    expect(await rpc('getRollout', { id }, as('team-a'))).toMatchObject({ caller: 'team-a' });
  });

  it('A listed appid outside the policy is refused, when a rollout is created and when targets are added', async () => {
    const refused = { code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' };
    expect(await refusalOf(create({ selection: listed([A, B]) }, as('team-a')))).toMatchObject(refused);
    const { id } = await create({}, as('team-a'));
    const targets = [{ appid: A }, { appid: B }];
    expect(await refusalOf(rpc('addRolloutTargets', { id, targets }, as('team-a')))).toMatchObject(refused);
    expect(await stored(id)).toMatchObject({ targets: 0 });
  });

  it('Two callers can use the same request_id', async () => {
    const { id } = await create({ requestId: 'same' }, as('team-a'));
    expect((await create({ requestId: 'same' }, as('team-b'))).id).not.toBe(id);
  });
});
