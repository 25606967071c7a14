import { describe, expect, it } from '@jest/globals';
import { usePolicy } from '../callers/shared-policy.js';
import { eventually } from '../eventually.js';
import { refusalOf } from '../gateway/calls.js';
import { useSharedGateway } from '../gateway/use-gateway.js';
import { listed, newAppids, rolloutCalls } from '../rollouts/rollout-calls.js';

const deny = [{ methods: ['CodeManagement/Release'], appids: ['wx1*'], reason: 'frozen' }];
const { gateway, database } = useSharedGateway('policy');
const policy = usePolicy(gateway, {
  operator: {},
  team: { allow: [{ methods: ['*'], appids: ['wx0*'] }] },
  frozen: { deny },
  'no-close': { deny: [{ methods: ['Rollouts/CloseRollout'], appids: 'all' }] },
});
const { rpc, create, stored } = rolloutCalls(gateway, database);
const as = (caller: string) => policy.as(caller);

const CONTINUOUS = { continuous: { allAuthorized: true }, settings: {} };

/** A rollout of a caller in a state, with `continuous` as if its token source was `component`. */
async function continuousOf(caller: string, state: string): Promise<string> {
  const { id } = await create({ selection: listed(newAppids(1)), start: state !== 'DRAFT' }, as('operator'));
  await database.rows(
    `update rollouts set spec = (spec::jsonb || $2)::json, open = $3, intake_since = now(), caller = $4, state = $5,
       acting_caller = $4, acted_at = clock_timestamp() where id = $1`,
    [id, JSON.stringify(CONTINUOUS), state !== 'DRAFT', caller, state],
  );
  return id;
}

describe('callers of open rollouts', () => {
  it.each([
    ['team', 'Rollouts/CreateRollout'],
    ['frozen', 'CodeManagement/Release'],
  ])(
    '%s, who may not call every method for all mini-programs, lets none run, also through another caller',
    async (caller, method) => {
      const id = await continuousOf(caller, 'PAUSED');
      const refused = {
        code: 'PERMISSION_DENIED',
        reason: 'CALLER_NOT_ALLOWED',
        metadata: { caller, method },
      };
      expect(await refusalOf(rpc('resumeRollout', { id }, as('operator')))).toMatchObject(refused);
      const draft = await continuousOf(caller, 'DRAFT');
      expect(await refusalOf(rpc('startRollout', { id: draft }, as('operator')))).toMatchObject(refused);
      await rpc('closeRollout', { id }, as('operator'));
      const resumed = await rpc('resumeRollout', { id }, as('operator'));
      expect(resumed.state).toBe('ROLLOUT_STATE_RUNNING');
    },
  );

  it('One that runs although the policy does not allow all mini-programs is paused', async () => {
    const id = await continuousOf('team', 'RUNNING');
    await eventually(async () => (await stored(id)).state === 'PAUSED');
    expect(await stored(id)).toMatchObject({
      pause_detail: 'team may not call Rollouts/CreateRollout for all mini-programs',
    });
  });

  it('Its creator and callers who see it may close it, if the policy lets them call CloseRollout', async () => {
    const id = await continuousOf('operator', 'PAUSED');
    const close = (caller: string) => rpc('closeRollout', { id }, as(caller));
    expect(await refusalOf(close('team'))).toMatchObject({ reason: 'ROLLOUT_NOT_FOUND' });
    expect(await refusalOf(close('no-close'))).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(await close('frozen')).toMatchObject({ open: false });
  });
});
