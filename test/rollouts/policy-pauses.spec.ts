import { describe, expect, it } from '@jest/globals';
import { usePolicy } from '../callers/shared-policy.js';
import { eventually } from '../eventually.js';
import { refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { listed, newAppids, rolloutCalls } from './rollout-calls.js';

const FROZEN = ['wx1*'];
const team = { allow: [{ methods: ['*'], appids: ['wx0*', ...FROZEN] }] };
const { gateway, database } = useSharedGateway('policy');
const policy = usePolicy(gateway, { operator: {}, other: {}, team, stolen: team });
const { rpc, create, set, setTargets, journal, stored } = rolloutCalls(gateway, database);
const as = (caller: string) => ({ headers: policy.headers(caller) });

const started = (caller: string, appids: string[]) =>
  create({ selection: listed(appids), start: true }, as(caller));
const paused = (id: string) =>
  eventually(async () => (await stored(id)).state === 'PAUSED').then(() => stored(id));
const frozen = `wx1${'0'.repeat(15)}`;

/** A rollout of two targets that failed, of which one is being retried: no turn runs here. */
async function retrying(appid: string, other: string) {
  const rollout = await started('team', [appid, other]);
  await setTargets(rollout.id, `state = 'FAILED'`);
  await rpc('retryRollout', { id: rollout.id, filter: { appids: [appid] } }, as('team'));
  return rollout;
}

describe('RUNNING rollouts after a change of the policy', () => {
  it('Those whose creator or acting caller is gone, or is no longer allowed a target that has not ended or is being retried, are paused, and no others', async () => {
    const left = await started('other', newAppids(1));
    const draft = await create({ selection: listed([frozen]) }, as('stolen'));
    const narrowed = await started('team', [...newAppids(1), frozen]);
    const untouched = await started('team', newAppids(2));
    const [allowed = ''] = newAppids(1);
    const retried = await retrying(frozen, allowed);
    const ended = await retrying(allowed, frozen);
    const gone = await started('stolen', newAppids(1));
    const resumed = await started('team', newAppids(1));
    await rpc('pauseRollout', { id: resumed.id }, as('operator'));
    await rpc('resumeRollout', { id: resumed.id }, as('stolen')).catch(() => undefined);
    await set(resumed.id, `state = 'RUNNING', pause_cause = null, acting_caller = 'stolen'`);
    const deny = [{ methods: ['CodeManagement/Release'], appids: FROZEN, reason: 'frozen' }];
    policy.write({ operator: {}, other: {}, team: { ...team, deny } });

    const notAllowed = `of its targets 1 are not allowed: ${frozen} (team: CodeManagement/Release)`;
    const nobody = 'the policy names no caller stolen';
    for (const [{ id }, detail] of [
      [narrowed, notAllowed],
      [retried, notAllowed],
      [gone, nobody],
      [resumed, nobody],
    ] as const)
      expect(await paused(id)).toMatchObject({ pause_cause: 'POLICY', pause_detail: detail });
    for (const { id } of [left, untouched, ended])
      expect(await stored(id)).toMatchObject({ state: 'RUNNING' });
    expect(await stored(draft.id)).toMatchObject({ state: 'DRAFT' });
    const [entry] = (await journal(gone.id)).slice(-1);
    expect(entry).toMatchObject({ type: 'PAUSED', caller: '', args: { cause: 'POLICY' } });
    const trail = `select detail from trail where action = 'rollout.paused' and detail ->> 'rollout_id' = $1`;
    expect(await database.rows(trail, [gone.id])).toMatchObject([{ detail: { cause: 'POLICY' } }]);

    const shown = { pauseCause: 'ROLLOUT_PAUSE_CAUSE_POLICY' };
    expect(await rpc('getRollout', { id: gone.id }, as('operator'))).toMatchObject(shown);
    const resume = ({ id }: { id: string }) => rpc('resumeRollout', { id }, as('operator'));
    for (const refused of [gone, narrowed])
      expect(await refusalOf(resume(refused))).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' });
    expect(await resume(resumed)).toMatchObject({ caller: 'team', actingCaller: 'operator' });
  });

  it('One that another gateway starts later, by the policy before, is paused, and one without a creator may be resumed', async () => {
    const { id } = await started('operator', newAppids(1));
    await set(id, `caller = '', acting_caller = '', acted_at = clock_timestamp()`);
    expect(await paused(id)).toMatchObject({ pause_detail: 'it was started without a policy' });
    await rpc('resumeRollout', { id }, as('operator'));
    expect(await stored(id)).toMatchObject({ state: 'RUNNING', acting_caller: 'operator' });
  });
});

describe('The limits of a caller', () => {
  it('The limits of a caller hold for a rollout that it starts, and after a change of the policy for one that is RUNNING, also if a gateway with the policy before limits it later', async () => {
    const busy = (most: number) => ({
      limits: { unfinished: most, auditsPerMonth: most + 1, speedUpsPerMonth: most + 2 },
    });
    const limited = (unfinished: number) => ({ operator: {}, other: {}, team, busy: busy(unfinished) });
    policy.write(limited(100));
    await eventually(() => rpc('listRollouts', {}, as('busy')));
    const limit = async (id: string) => {
      const { acting_unfinished, acting_audits, acting_speed_ups } = await stored(id);
      return [acting_unfinished, acting_audits, acting_speed_ups].join();
    };
    const { id } = await started('busy', newAppids(1));
    expect(await limit(id)).toBe('100,101,102');
    const free = await started('operator', newAppids(1));
    policy.write(limited(40));
    await eventually(async () => (await limit(id)) === '40,41,42');
    expect([await limit(free.id), (await stored(id)).state]).toEqual([',,', 'RUNNING']);
    // As by a gateway that has not read the policy yet.
    await set(id, 'acting_unfinished = 100, acting_audits = null');
    await eventually(async () => (await limit(id)) === '40,41,42');
  });
});

describe('ListRollouts.caller', () => {
  it('Rollouts that a caller created, or let run last, are listed', async () => {
    const created = await create({}, as('other'));
    const acting = await started('operator', newAppids(1));
    await rpc('pauseRollout', { id: acting.id }, as('operator'));
    await rpc('resumeRollout', { id: acting.id }, as('other'));
    const list = (request: object, by = 'operator') => rpc('listRollouts', request, as(by));
    const of = async (caller: string, by?: string) =>
      (await list({ caller, pageSize: 500 }, by)).rollouts.map(({ id }) => id);
    expect(await of('other')).toEqual(expect.arrayContaining([created.id, acting.id]));
    expect(await of('operator')).toContain(acting.id);
    expect(await of('operator')).not.toContain(created.id);
    expect(await of('operator', 'team')).not.toContain(acting.id);
    const { nextPageToken: pageToken } = await list({ caller: 'other', pageSize: 1 });
    const foreign = list({ caller: 'team', pageSize: 1, pageToken });
    expect(await refusalOf(foreign)).toMatchObject({ reason: 'INVALID_REQUEST' });
  });
});
