import { describe, expect, it } from '@jest/globals';
import { NOBODY } from '@wxa/postgres';
import { newAppids } from '../rollouts/rollout-steps.js';
import { accept } from '../store/operation-steps.js';
import { gateway, sql, useStore, worker } from '../store/use-store.js';
import { COMMIT_ONLY, steps } from './turn-steps.js';

useStore();

/** What a caller does to a rollout on behalf of a user. */
function act(
  id: string,
  caller: string,
  onBehalfOf: string | null,
  type: 'RESUMED' | 'RETRIED' | 'PAUSED',
  unfinished?: number,
) {
  const by = { ...NOBODY, caller, onBehalfOf };
  const state = type === 'PAUSED' ? 'PAUSED' : 'RUNNING';
  const filter = { states: ['ROLLOUT_TARGET_STATE_CANCELLED'] };
  const command = type === 'RETRIED' && { isCommand: true, args: { filter, fromStep: null } };
  return gateway.rollouts.change(id, { by, reason: '', unfinished }, () => ({
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
    await sql(`update rollouts set state = 'RUNNING' where id = $1`, id);
    await steps.turns();
    const accepted = () =>
      sql('select accepted_by, on_behalf_of from operations where rollout_id = $1 order by seq', id);
    expect(await accepted()).toEqual([{ accepted_by: 'operator', on_behalf_of: 'Ada' }]);
    await worker.callers.count();
    expect(await gateway.callers.usage()).toMatchObject([{ caller: 'operator', unfinished: 1 }]);
    await act(id, 'oncall', '', 'RETRIED');
    await steps.succeed(id);
    await steps.turns();
    expect(await accepted()).toEqual([
      { accepted_by: 'operator', on_behalf_of: 'Ada' },
      { accepted_by: 'oncall', on_behalf_of: null },
    ]);
    const acting = { caller: '', actingCaller: 'oncall', actingOnBehalfOf: '' };
    expect(await steps.rollout(id)).toMatchObject(acting);
  });
});

describe('the limit of unfinished operations of a caller', () => {
  const limited = async (caller: string, unfinished?: number) => {
    const id = await steps.start(newAppids(10), COMMIT_ONLY);
    await act(id, caller, null, 'RESUMED', unfinished);
    return id;
  };
  const open = async (id: string) => (await steps.open(id)).length;
  const direct = (acceptedBy: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => accept({ acceptedBy })));

  it('All its rollouts together accept half of it, less its own calls, and show a hold', async () => {
    await direct('shop', 2);
    await worker.callers.count();
    const [first, second] = [await limited('shop', 12), await limited('shop', 12)];
    await steps.turns();
    expect((await open(first)) + (await open(second))).toBe(4);
    const detail = 'caller shop has 6 unfinished operations, rollouts may use 6 of 12';
    const hold = { cause: 'CAUSE_CALLER_LIMIT', step: 'ROLLOUT_STEP_COMMIT', detail };
    expect((await steps.rollout(second)).holds).toMatchObject([hold]);
    const other = await limited('other', 6);
    const free = await limited('free');
    await steps.turns();
    expect([await open(other), await open(free)]).toEqual([3, 10]);
  });

  it('What has ended since the last count makes room at once, and other calls that have ended at the next look', async () => {
    const calls = await direct('team', 3);
    const id = await limited('team', 10);
    await worker.callers.count();
    await steps.turns();
    expect(await open(id)).toBe(2);
    await worker.callers.count();
    await steps.succeed(id);
    await steps.turns();
    expect(await open(id)).toBe(2);
    for (const call of calls) await steps.settle(call, 'SUCCEEDED');
    await worker.callers.count();
    await steps.clock(5_000);
    await steps.turns();
    expect(await open(id)).toBe(5);
  });

  it('A lower one holds from the next turn on what is not accepted yet, and none lifts the hold', async () => {
    const id = await limited('narrowed', 20);
    const running = { id, actingCaller: 'narrowed' };
    await gateway.rollouts.limit(running, 4);
    await gateway.rollouts.limit({ id, actingCaller: 'another' }, 1);
    await steps.turns();
    expect(await open(id)).toBe(2);
    await gateway.rollouts.limit(running, undefined);
    await steps.clock(5_000);
    await steps.turns();
    expect(await open(id)).toBe(10);
    expect((await steps.rollout(id)).holds).toEqual([]);
  });

  it('No live rollout has one after all are lifted, as without a policy', async () => {
    const id = await limited('unlimited', 2);
    await steps.turns();
    expect(await open(id)).toBe(1);
    await gateway.rollouts.unlimit();
    await steps.clock(5_000);
    await steps.turns();
    expect(await open(id)).toBe(10);
  });

  it('The largest that a policy may have is stored', async () => {
    const id = await limited('large', 1_000_000_000_000);
    await steps.turns();
    expect(await open(id)).toBe(10);
  });
});
