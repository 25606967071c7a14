import { describe, expect, it } from '@jest/globals';
import { RolloutStep, rolloutStepToNumber } from '@wxa/contracts';
import { usePolicy } from '../callers/shared-policy.js';
import { eventually } from '../eventually.js';
import { refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { listed, newAppids, type Rpc, rolloutCalls, SPEC } from './rollout-calls.js';

const FROZEN = ['wx1*'];
/** Each denies the methods for the frozen mini-programs. */
const without = (...methods: string[]) => ({
  allow: [{ methods: ['*'], appids: ['wx0*', ...FROZEN] }],
  deny: [{ methods, appids: FROZEN, reason: 'frozen' }],
});
const { gateway, database } = useSharedGateway('policy');
const policy = usePolicy(gateway, {
  operator: {},
  team: without('CodeManagement/Release'),
  'no-revert': without('CodeManagement/RevertRelease'),
  'no-reads': without('Rollouts/*'),
  'no-commit': { deny: [{ methods: ['CodeManagement/Commit'], appids: 'all' }] },
});
const { rpc, create, set, setTargets, stored, watch } = rolloutCalls(gateway, database);
const as = (caller: string) => ({ headers: policy.headers(caller) });

let used = 0;
const frozenAppid = () => `wx1${(++used).toString(16).padStart(15, '0')}`;
const REFUSED = { code: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' };

/** A rollout of a caller from before the policy denied it something. */
async function createdBefore(caller: string, request: object, state = 'DRAFT') {
  const { id } = await create({ start: state !== 'DRAFT', ...request }, as('operator'));
  await set(id, 'caller = $2, state = $3', caller, state);
  return id;
}

/** Calls that lead to operations, and the state in which each is made. */
const CALLS: [Rpc, string, object][] = [
  ['updateRollout', 'DRAFT', { spec: { maxInFlight: 7 }, updateMask: 'max_in_flight' }],
  ['updateRollout', 'PAUSED', { spec: { maxInFlight: 7 }, updateMask: 'max_in_flight' }],
  ['addRolloutTargets', 'DRAFT', { targets: [{ appid: `wx0${'f'.repeat(15)}` }] }],
  ['startRollout', 'DRAFT', {}],
  ['resumeRollout', 'PAUSED', {}],
  ['advanceRollout', 'PAUSED', { gate: 'ROLLOUT_GATE_TYPE_SUBMIT' }],
  ['retryRollout', 'PAUSED', {}],
];

describe('A change freeze', () => {
  it.each(CALLS)(
    '%s of a %s rollout is refused for a mini-program that its creator may not release, also for another caller',
    async (name, state, request) => {
      const frozen = frozenAppid();
      const id = await createdBefore('team', { selection: listed([...newAppids(2), frozen]) }, state);
      const before = await stored(id);
      const metadata = { caller: 'team', method: 'CodeManagement/Release' };
      for (const caller of ['team', 'operator'])
        expect(await refusalOf(rpc(name, { id, ...request }, as(caller)))).toMatchObject({
          ...REFUSED,
          metadata,
        });
      expect(await stored(id)).toEqual(before);
      await database.rows(`delete from rollout_targets where rollout_id = $1 and appid = $2`, [id, frozen]);
      expect(await rpc(name, { id, ...request }, as('team'))).toMatchObject({ id });
    },
  );

  it('A rollout that ends before the release is created, one that releases is refused, and the error names ten offenders', async () => {
    const appids = Array.from({ length: 12 }, frozenAppid);
    const until = (step: string) => ({
      selection: listed(appids),
      spec: { ...SPEC, lastStep: `ROLLOUT_STEP_${step}` },
    });
    await create(until('AUDIT'), as('team'));
    const error = await create(until('RELEASE'), as('team')).catch((thrown: Error) => thrown.message);
    expect(error).toContain('12 are not allowed');
    expect(appids.filter((appid) => String(error).includes(appid))).toEqual(appids.slice(0, 10));
  });

  it('The plan of a draft has the mini-programs as a blocking finding', async () => {
    const frozen = frozenAppid();
    const id = await createdBefore('team', { selection: listed([...newAppids(1), frozen]) });
    const findings = async () =>
      (await rpc('getRolloutPlan', { id }, as('team'))).findings.filter(({ blocking }) => blocking);
    expect(await findings()).toMatchObject([{ reason: 'NOT_ALLOWED', targets: 1, sampleAppids: [frozen] }]);
    await rpc('skipRolloutTargets', { id, filter: { appids: [frozen] } }, as('team'));
    expect(await findings()).toEqual([]);
  });

  it('A rollout can be paused, and resumed once the mini-program is skipped, but not retried with it', async () => {
    const frozen = frozenAppid();
    const id = await createdBefore('team', { selection: listed([...newAppids(1), frozen]) }, 'RUNNING');
    await rpc('pauseRollout', { id }, as('team'));
    const filter = { appids: [frozen] };
    await rpc('skipRolloutTargets', { id, filter }, as('team'));
    // As a turn does it.
    await setTargets(id, `state = 'SKIPPED'`, 'appid = $2', frozen);
    await rpc('resumeRollout', { id }, as('team'));
    expect(await refusalOf(rpc('retryRollout', { id, filter }, as('team')))).toMatchObject(REFUSED);
    await rpc('cancelRollout', { id }, as('team'));
  });

  it('A retry that names a mini-program which has succeeded does not need it, because it does not retry it', async () => {
    const [failed = '', frozen] = [newAppids(1)[0], frozenAppid()];
    const id = await createdBefore('team', { selection: listed([failed, frozen]) }, 'PAUSED');
    await setTargets(id, `state = case appid when $2 then 'SUCCEEDED' else 'FAILED' end`, 'true', frozen);
    const filter = { appids: [failed, frozen] };
    expect(await rpc('retryRollout', { id, filter }, as('team'))).toMatchObject({ id });
    expect(await rpc('resumeRollout', { id }, as('team'))).toMatchObject({ id });
  });

  it('A retry from a step does not need a mini-program that ended before it, because it does not retry it', async () => {
    const [failed = '', frozen] = [newAppids(1)[0], frozenAppid()];
    const id = await createdBefore('team', { selection: listed([failed, frozen]) }, 'PAUSED');
    const numbers = [RolloutStep.ROLLOUT_STEP_COMMIT, RolloutStep.ROLLOUT_STEP_RELEASE].map(
      rolloutStepToNumber,
    );
    await database.rows(
      `update rollout_targets set state = 'FAILED', step = case appid when $2 then $3::int else $4::int end where rollout_id = $1`,
      [id, frozen, ...numbers],
    );
    const retry = (step: string) => rpc('retryRollout', { id, fromStep: `ROLLOUT_STEP_${step}` }, as('team'));
    expect(await refusalOf(retry('COMMIT'))).toMatchObject(REFUSED);
    expect(await retry('SUBMIT_AUDIT')).toMatchObject({ id });
    // Its turn has not run.
    expect(await rpc('resumeRollout', { id }, as('team'))).toMatchObject({ id });
  });

  it('A rollout cannot be resumed while a retry of the mini-program is unfinished', async () => {
    const frozen = frozenAppid();
    const id = await createdBefore('operator', { selection: listed([...newAppids(1), frozen]) }, 'PAUSED');
    await setTargets(id, `state = 'FAILED'`, 'appid = $2', frozen);
    await rpc('retryRollout', { id }, as('operator'));
    await set(id, `caller = 'team'`);
    const resume = () => rpc('resumeRollout', { id }, as('operator'));
    expect(await refusalOf(resume())).toMatchObject(REFUSED);
    await database.rows(`update rollout_changes set cursor = 2 where rollout_id = $1 and type = 'RETRIED'`, [
      id,
    ]);
    await resume();
  });

  it.each([true, false])(
    'A rollback is refused for a caller that may not revert all mini-programs (draft: %s)',
    async (draft) => {
      const id = await createdBefore('no-revert', { selection: listed([frozenAppid()]) }, 'RUNNING');
      await setTargets(id, 'holds_appid = true');
      expect(await refusalOf(rpc('rollbackRollout', { id, draft }, as('no-revert')))).toMatchObject(REFUSED);
      expect(await rpc('rollbackRollout', { id, draft }, as('operator'))).toMatchObject({ rollbackOf: id });
    },
  );
});

describe('The policies of two callers', () => {
  it('A caller for all mini-programs adds none that the creator may not use, and starts none that it may not commit itself', async () => {
    const { id } = await create({ selection: listed(newAppids(1)) }, as('team'));
    const targets = [{ appid: `wxf${'0'.repeat(15)}` }];
    expect(await refusalOf(rpc('addRolloutTargets', { id, targets }, as('operator')))).toMatchObject(REFUSED);
    expect(await stored(id)).toMatchObject({ targets: 1 });
    expect(await refusalOf(rpc('startRollout', { id }, as('no-commit')))).toMatchObject({
      ...REFUSED,
      metadata: { caller: 'no-commit', method: 'CodeManagement/Commit' },
    });
    await rpc('startRollout', { id }, as('operator'));
  });

  it('A creator reads only the targets that its policy still allows', async () => {
    const [kept, lost] = [newAppids(1)[0] ?? '', frozenAppid()];
    const id = await createdBefore('no-reads', { selection: listed([kept, lost]) });
    await setTargets(id, `state = 'FAILED', reason = 'X', error = '{"reason": "X"}'`);
    await set(id, `latest = '{1,2}'`);
    const read = <R extends Rpc>(name: R, more = {}) => rpc(name, { id, ...more }, as('no-reads'));
    expect((await read('listRolloutTargets')).targets).toMatchObject([{ appid: kept }]);
    const hidden = await refusalOf(read('getRolloutTarget', { appid: lost }));
    expect(hidden).toMatchObject({ reason: 'ROLLOUT_TARGET_NOT_FOUND' });
    const { failures } = await read('listRolloutFailures');
    expect(failures).toMatchObject([{ count: 1, sampleAppids: [kept] }]);
    expect((await read('getRolloutPlan')).samples).toMatchObject([{ appid: kept }]);
    const { seen, stop } = watch(id, as('no-reads'));
    await eventually(() => expect(seen[0]?.latest).toMatchObject([{ appid: kept }]));
    stop();
    expect(await rpc('getRolloutTarget', { id, appid: lost }, as('operator'))).toMatchObject({ appid: lost });
  });
});
