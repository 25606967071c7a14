import { beforeEach, describe, expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import { auditDecision, audits } from '../store/audit-steps.js';
import { resolve } from '../store/operation-steps.js';
import { useStore, value } from '../store/use-store.js';
import { Recount } from '../turns/recount.js';
import { steps } from '../turns/turn-steps.js';
import { appidsOf, forgetAll, label, labelled, newcomers, takingIn } from './intake-steps.js';

useStore();
beforeEach(forgetAll);

const WHOLE = { lastStep: RolloutStep.ROLLOUT_STEP_VERIFY, userVersion: '1.2.3' };
const REPLACED = { state: 'SKIPPED', reason: 'REPLACED', holds_appid: false };

/** An older and a newer open rollout, and a customer that the older one has taken in. */
async function overlap(given: object = {}) {
  const old = await steps.begin([], takingIn({}, { ...WHOLE, ...given }));
  const newer = await steps.begin([], takingIn({ match: labelled('vip') }));
  const [appid = ''] = await newcomers(1);
  await steps.turns();
  /** The newer rollout takes it in. */
  const takeIn = async () => {
    await label(appid, ['vip']);
    await steps.turns();
    expect(await appidsOf(newer)).toEqual([appid]);
  };
  return { old, newer, appid, takeIn };
}

describe('A target that a newer rollout takes in', () => {
  it('is REPLACED in the older rollout at once if it waits to be ready, also while that one is paused', async () => {
    const { old, newer, takeIn } = await overlap({ firstStep: RolloutStep.ROLLOUT_STEP_READINESS });
    expect(await steps.targets(old)).toMatchObject([{ state: 'WAITING', waits_for: 'READ' }]);
    await steps.pause(old);
    await takeIn();
    expect(await steps.targets(old)).toMatchObject([REPLACED]);
    expect(await steps.states(newer)).toEqual(['RUNNING']);
    await new Recount(old).check();
  });

  it.each(['RUNNING', 'IN_DOUBT'])(
    'is REPLACED in the older rollout once its operation that is %s has ended, and then the newer one begins',
    async (state) => {
      const { old, newer, takeIn } = await overlap();
      const [{ id: commit } = { id: '' }] = await steps.open(old);
      const isInDoubt = state === 'IN_DOUBT';
      if (isInDoubt) await steps.settle(commit, state, { mayHaveActed: true, reconcileInMs: 3_600_000 });
      await takeIn();
      expect([await steps.states(old), await steps.states(newer)]).toEqual([[state], ['WAITING']]);
      if (isInDoubt) await resolve(commit, 'SUCCEEDED');
      else await steps.succeed(old);
      await steps.turns();
      expect(await steps.targets(old)).toMatchObject([{ ...REPLACED, step: 9 }]);
      expect([await steps.open(old), await steps.states(newer)]).toEqual([[], ['RUNNING']]);
    },
  );

  it('is finished by the older rollout if it is submitted, and then the newer one begins', async () => {
    const { old, newer, appid, takeIn } = await overlap();
    for (let n = 0; n < 3; n += 1) {
      await steps.succeed(old);
      await steps.turns();
    }
    expect(await steps.targets(old)).toMatchObject([{ state: 'WAITING', waits_for: 'AUDIT' }]);
    await takeIn();
    const auditId = await value<string>('select audit_id::text from audits where appid = $1', appid);
    await audits.poll(appid, auditId ?? '', auditDecision('APPROVED', 'POLL', Date.now()));
    await steps.turns();
    expect(await steps.states(newer)).toEqual(['WAITING']);
    for (let n = 0; n < 2; n += 1) {
      await steps.succeed(old, '1.2.3');
      await steps.turns();
    }
    expect([await steps.states(old), await steps.states(newer)]).toEqual([['SUCCEEDED'], ['RUNNING']]);
  });

  it('is not repeated by the older rollout while the newer one works on it or has released it, and is once that was cancelled', async () => {
    const { old, newer, takeIn } = await overlap();
    await steps.fail(old, 85051);
    await steps.turns();
    await takeIn();
    const retry = async () => {
      await steps.retry(old, { states: ['ROLLOUT_TARGET_STATE_FAILED', 'ROLLOUT_TARGET_STATE_SKIPPED'] });
      await steps.turns();
      return steps.states(old);
    };
    expect([await retry(), await retry()]).toEqual([['SKIPPED'], ['SKIPPED']]);
    await steps.cancel(newer);
    await steps.fail(newer, 85051);
    await steps.turns();
    expect(await steps.targets(old)).toMatchObject([REPLACED]);
    expect(await retry()).toEqual(['RUNNING']);
    await new Recount(old).check();
  });
});
