import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import { newAppids } from '../rollouts/rollout-steps.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { TurnSteps } from './turn-steps.js';

let scratch: ScratchStore;
let steps: TurnSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new TurnSteps(scratch);
});
afterAll(() => scratch?.close());

const COMMIT_ONLY = { lastStep: RolloutStep.ROLLOUT_STEP_COMMIT };

/** What a caller does to a rollout on behalf of a user. */
function act(id: string, caller: string, onBehalfOf: string, type: 'RESUMED' | 'RETRIED' | 'PAUSED') {
  const by = { caller, onBehalfOf, peer: null };
  const state = type === 'PAUSED' ? 'PAUSED' : 'RUNNING';
  const filter = { states: ['ROLLOUT_TARGET_STATE_CANCELLED'] };
  const command = type === 'RETRIED' && { isCommand: true, args: { filter, fromStep: null } };
  return scratch.gateway.rollouts.change(id, { by, reason: '' }, () => ({
    action: 'rollout.updated',
    set: { state, pauseCause: state === 'PAUSED' ? 'REQUESTED' : null },
    entries: [{ type, ...command }],
  }));
}

describe('operations of a rollout', () => {
  it('They are accepted for the caller and the person of the last start, resume or retry, and count towards its limits', async () => {
    const id = await steps.start(newAppids(3), { ...COMMIT_ONLY, maxInFlight: 1 });
    await act(id, 'pauser', 'Bob', 'PAUSED');
    await act(id, 'operator', 'Ada', 'RESUMED');
    await act(id, 'pauser', 'Bob', 'PAUSED');
    await scratch.sql(`update rollouts set state = 'RUNNING' where id = $1`, [id]);
    await steps.turns();
    const accepted = () =>
      scratch.sql('select accepted_by, on_behalf_of from operations where rollout_id = $1 order by seq', [
        id,
      ]);
    expect(await accepted()).toEqual([{ accepted_by: 'operator', on_behalf_of: 'Ada' }]);
    await scratch.worker.callers.count();
    expect(await scratch.gateway.callers.usage()).toMatchObject([{ caller: 'operator', unfinished: 1 }]);
    await act(id, 'oncall', '', 'RETRIED');
    await steps.succeed(id, '');
    await steps.turns();
    expect(await accepted()).toEqual([
      { accepted_by: 'operator', on_behalf_of: 'Ada' },
      { accepted_by: 'oncall', on_behalf_of: null },
    ]);
    expect(await steps.rollout(id)).toMatchObject({
      caller: '',
      actingCaller: 'oncall',
      actingOnBehalfOf: '',
    });
  });
});
