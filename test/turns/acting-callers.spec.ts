import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import { newAppids } from '../rollouts/rollout-steps.js';
import { newOperation, type ScratchStore, scratchStore } from '../store/scratch-store.js';
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

describe('the limit of unfinished operations of a caller', () => {
  const limited = async (caller: string, unfinished: number | undefined) => {
    const id = await steps.start(newAppids(10), COMMIT_ONLY);
    const set = { state: 'RUNNING' } as const;
    await scratch.gateway.rollouts.change(
      id,
      { by: { caller, onBehalfOf: null, peer: null }, reason: '', unfinished },
      () => ({ action: 'rollout.resumed', set, entries: [{ type: 'RESUMED' }] }),
    );
    return id;
  };
  const open = async (id: string) => (await steps.open(id)).length;
  const direct = (caller: string, count: number) =>
    Promise.all(
      newAppids(count).map((appid) =>
        scratch.gateway.operations.accept(newOperation({ appid, acceptedBy: caller })),
      ),
    );

  it('All its rollouts together accept half of it, less its own calls, and show a hold', async () => {
    await direct('shop', 2);
    await scratch.worker.callers.count();
    const [first, second] = [await limited('shop', 12), await limited('shop', 12)];
    await steps.turns();
    expect((await open(first)) + (await open(second))).toBe(4);
    expect((await steps.rollout(second)).holds).toMatchObject([
      {
        cause: 'CAUSE_CALLER_LIMIT',
        step: 'ROLLOUT_STEP_COMMIT',
        detail: 'caller shop has 6 unfinished operations, rollouts may use 6 of 12',
      },
    ]);
    const other = await limited('other', 6);
    const free = await limited('free', undefined);
    await steps.turns();
    expect([await open(other), await open(free)]).toEqual([3, 10]);
  });

  it('What has ended since the last count makes room at once, and other calls that have ended at the next look', async () => {
    const calls = await direct('team', 3);
    const id = await limited('team', 10);
    await scratch.worker.callers.count();
    await steps.turns();
    expect(await open(id)).toBe(2);
    await scratch.worker.callers.count();
    await steps.succeed(id, '');
    await steps.turns();
    expect(await open(id)).toBe(2);
    for (const { id: call } of calls) await steps.settle(call, 'SUCCEEDED');
    await scratch.worker.callers.count();
    await steps.clock(5_000);
    await steps.turns();
    expect(await open(id)).toBe(5);
  });

  it('A lower one holds from the next turn on what is not accepted yet, and none lifts the hold', async () => {
    const id = await limited('narrowed', 20);
    const running = { id, actingCaller: 'narrowed' };
    await scratch.gateway.rollouts.limit(running, 4);
    await scratch.gateway.rollouts.limit({ id, actingCaller: 'another' }, 1);
    await steps.turns();
    expect(await open(id)).toBe(2);
    await scratch.gateway.rollouts.limit(running, undefined);
    await steps.clock(5_000);
    await steps.turns();
    expect(await open(id)).toBe(10);
    expect((await steps.rollout(id)).holds).toEqual([]);
  });

  it('The largest that a policy may have is stored', async () => {
    const id = await limited('large', 1_000_000_000_000);
    await steps.turns();
    expect(await open(id)).toBe(10);
  });
});
