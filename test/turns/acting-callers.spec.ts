import { describe, expect, it } from '@jest/globals';
import { NOBODY } from '@wxa/postgres/trail';
import type { ActingLimits } from '@wxa/rollouts/calls';
import { newAppids } from '../rollouts/rollout-steps.js';
import { accept } from '../store/operation-steps.js';
import { newOperation } from '../store/scratch-store.js';
import { gateway, sql, useStore, worker } from '../store/use-store.js';
import { COMMIT_ONLY, FROM_CHECK, type OperationRow, steps, successOf } from './turn-steps.js';

useStore();

/** What a caller does to a rollout on behalf of a user. */
function act(
  id: string,
  caller: string,
  onBehalfOf: string | null,
  type: 'RESUMED' | 'RETRIED' | 'PAUSED',
  limits?: ActingLimits,
) {
  const by = { ...NOBODY, caller, onBehalfOf };
  const state = type === 'PAUSED' ? 'PAUSED' : 'RUNNING';
  const filter = { states: ['ROLLOUT_TARGET_STATE_CANCELLED'] };
  const command = type === 'RETRIED' && { isCommand: true, args: { filter, fromStep: null } };
  return gateway.rollouts.change(id, { by, reason: '', limits }, () => ({
    action: 'rollout.updated',
    set: { state, pauseCause: state === 'PAUSED' ? 'REQUESTED' : null },
    entries: [{ type, ...command }],
  }));
}

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

describe('the limit of unfinished operations of a caller', () => {
  const limited = async (caller: string, unfinished?: number) => {
    const id = await steps.start(newAppids(10), COMMIT_ONLY);
    await act(id, caller, null, 'RESUMED', { unfinished });
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
    // The largest that a policy may have.
    const id = await limited('narrowed', 1_000_000_000_000);
    const running = { id, actingCaller: 'narrowed' };
    await gateway.rollouts.limit(running, { unfinished: 4 });
    await gateway.rollouts.limit({ id, actingCaller: 'another' }, { unfinished: 1 });
    await steps.turns();
    expect(await open(id)).toBe(2);
    await gateway.rollouts.limit(running, undefined);
    await steps.clock(5_000);
    await steps.turns();
    expect(await open(id)).toBe(10);
    expect((await steps.rollout(id)).holds).toEqual([]);
  });
});

describe('the monthly limits of a caller', () => {
  const audits = async (acceptedBy: string, count: number, method = 'SubmitAudit') => {
    for (let n = 0; n < count; n += 1) await accept({ acceptedBy, method });
  };
  const limited = async (
    caller: string,
    limits: ActingLimits,
    given: Parameters<typeof steps.start>[1] = {},
  ) => {
    const id = await steps.start(newAppids(4), { ...FROM_CHECK, ...given });
    await act(id, caller, null, 'RESUMED', limits);
    await steps.turns();
    return id;
  };
  const open = async (id: string) => (await steps.open(id)).map(({ method }) => method);
  const of = (count: number, method = 'SubmitAudit') => Array(count).fill(method);

  it('Submissions of a rollout stay within the audits, the rest are held and go on after the limit is raised', async () => {
    await audits('brand', 3);
    const id = await limited('brand', { auditsPerMonth: 5 });
    const other = await limited('neighbour', { auditsPerMonth: 5 });
    expect([await open(id), await open(other)]).toEqual([of(2), of(4)]);
    const detail = 'caller brand has 5 audits this month, of at most 5';
    const hold = { cause: 'CAUSE_CALLER_LIMIT', step: 'ROLLOUT_STEP_SUBMIT_AUDIT', targets: 2, detail };
    expect((await steps.rollout(id)).holds).toMatchObject([hold]);
    const [submission] = await steps.open(id);
    await steps.settle(submission?.id ?? '', 'SUCCEEDED', successOf(submission as OperationRow, ''));
    await steps.turns();
    expect(await open(id)).toEqual(of(1));
    await gateway.rollouts.limit({ id, actingCaller: 'brand' }, { auditsPerMonth: 6 });
    await steps.clock(5_000);
    await steps.turns();
    expect(await open(id)).toEqual(of(2));
    await gateway.rollouts.unlimit();
    await steps.clock(5_000);
    await steps.turns();
    expect(await open(id)).toEqual(of(3));
    expect((await steps.rollout(id)).holds).toEqual([]);
  });

  it('A submission that WeChat refused makes room for another', async () => {
    const id = await limited('refused', { auditsPerMonth: 1 });
    await steps.fail(id, 85009);
    await steps.turns();
    expect(await open(id)).toEqual(of(1));
  });

  it('A call of the caller counts what its rollouts have submitted', async () => {
    await limited('both', { auditsPerMonth: 5 });
    const operation = newOperation({ method: 'SubmitAudit', acceptedBy: 'both' });
    const limit = (most: number) => gateway.operations.acceptAudit({ ...operation, most });
    expect([await limit(4), await limit(5)]).toMatchObject([
      { kind: 'over-limit', used: 4 },
      { kind: 'accepted' },
    ]);
  });

  it('Speed-ups of a rollout stay within those of the month, and its other audits wait without one', async () => {
    await audits('hasty', 1, 'SpeedUpAudit');
    const hasty = { waves: [{ percent: 100, speedUp: true }], auditBudget: { maxSpeedUps: 4 } };
    const id = await limited('hasty', { speedUpsPerMonth: 3 }, hasty);
    const other = await limited('calm', { speedUpsPerMonth: 9 }, hasty);
    for (const each of [id, other]) await steps.succeed(each);
    await steps.turns();
    const speedUps = [await open(id), await open(other)];
    expect(speedUps).toEqual([of(2, 'SpeedUpAudit'), of(4, 'SpeedUpAudit')]);
    expect(await steps.states(id)).toEqual(['RUNNING', 'RUNNING', 'WAITING', 'WAITING']);
  });
});
