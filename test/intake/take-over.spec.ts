import { beforeEach, describe, expect, it } from '@jest/globals';
import { type DeepPartial, type RolloutSpec, RolloutStep } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { sql, useStore, value, whileLocked, worker } from '../store/use-store.js';
import { Recount } from '../turns/recount.js';
import { steps } from '../turns/turn-steps.js';
import {
  appidsOf,
  authorize,
  candidatesOf,
  forgetAll,
  isOpen,
  journalOf,
  label,
  labelled,
  newcomers,
  published,
  takingIn,
} from './intake-steps.js';

useStore();
beforeEach(forgetAll);

const TWO_WAVES: DeepPartial<RolloutSpec> = {
  waves: [
    { size: { $case: 'count', value: 1 } },
    { size: { $case: 'rest', value: true }, submitGate: { afterPercent: 100 } },
  ],
};
const turns = () => steps.turns({ checksAuthorization: true });
/** A read that finds nothing that prevents a release. */
const FILED = { isCanceling: false, missing: [], refused: [], state: 'FILING_STATE_FILED', number: 6 };
const READ = { isComplete: true, reads: [{ part: 'FILING', answer: FILED } as never] };
/** Lets the turn of the new rollout come before that of the old one. */
async function postpone(old: string): Promise<void> {
  await sql('delete from rollout_wakeups where rollout_id = $1', old);
  await sql(`update rollouts set next_turn_at = now() + interval '1 hour' where id = $1`, old);
}
/** A rollout that takes over from another one once its first target has committed. */
const replacing = (replaces: string, given: object = {}) =>
  steps.begin(newAppids(1), takingIn({ replaces, ...given }, TWO_WAVES));

describe('replaces', () => {
  it('Newcomers go to the old rollout until the last submit gate of the new one opens, which closes the old one', async () => {
    const old = await steps.begin([], takingIn());
    const id = await replacing(old);
    const [before = ''] = await newcomers(1);
    await steps.turns();
    expect(await appidsOf(old)).toEqual([before]);
    expect(await steps.rollout(id)).toMatchObject({ open: true, intakeSince: null });
    await steps.succeed(id);
    await steps.turns();
    expect(await isOpen(old)).toBe(false);
    expect(await journalOf(old)).toEqual(['CLOSED REPLACED']);
    const replaced = { cause: 'ROLLOUT_CLOSE_CAUSE_REPLACED', replacedBy: id };
    expect(await published(old, 'Closed')).toMatchObject([replaced]);
    const [after = ''] = await newcomers(1);
    await steps.turns();
    expect(await appidsOf(old)).toEqual([before]);
    expect((await appidsOf(id)).slice(1)).toEqual([before, after]);
    await new Recount(id).check();
  });

  it('Who became a target of the old rollout meanwhile is taken over, and waits until the old one is done with it', async () => {
    const old = await steps.begin([], takingIn());
    const id = await replacing(old);
    const [appid = ''] = await newcomers(1);
    await steps.turns();
    await steps.succeed(id);
    await steps.turns();
    const target = async () =>
      (await steps.targets<{ appid: string }>(id)).find((one) => one.appid === appid);
    expect(await target()).toMatchObject({ state: 'WAITING', waits_for: 'OTHER_ROLLOUT' });
    await steps.succeed(old);
    await steps.turns();
    expect(await target()).toMatchObject({ state: 'RUNNING' });
    expect(await steps.rollout(old)).toMatchObject({ state: 'COMPLETED' });
  });

  it('Candidates of the old rollout that match move to the new one, and the others stay', async () => {
    const old = await steps.begin([], takingIn());
    const id = await replacing(old, { match: labelled('retail') });
    await steps.succeed(id);
    const [plain = '', retail = ''] = await newcomers(2);
    await label(retail, ['retail']);
    await steps.pause(old);
    await postpone(old);
    await steps.turn();
    expect([await isOpen(old), await candidatesOf(old)]).toEqual([false, [plain]]);
    await steps.turns();
    expect([await appidsOf(old), (await appidsOf(id)).slice(1)]).toEqual([[plain], [retail]]);
  });

  it('A target of the old rollout that authorized again, also before the new one was created, stays with the old one', async () => {
    const old = await steps.begin([], takingIn());
    await sql(`update rollouts set intake_since = now() - interval '1 hour' where id = $1`, old);
    const [appid, ago] = [newAppid(), (seconds: number) => new Date(Date.now() - seconds * 1_000)];
    await authorize(appid, { at: ago(60) });
    await steps.turns();
    const id = await replacing(old);
    await authorize(appid, { at: ago(30) });
    expect(await candidatesOf(old)).toEqual([appid]);
    await postpone(old);
    await steps.succeed(id);
    await steps.turn();
    expect([await isOpen(old), await candidatesOf(id)]).toEqual([false, []]);
    await steps.turns();
    const taken = [await appidsOf(old), (await appidsOf(id)).slice(1), await candidatesOf(old)];
    expect(taken).toEqual([[appid], [], []]);
  });

  it('Targets of the old rollout in READINESS that match are handed over, and the others stay', async () => {
    const old = await steps.start([], takingIn({}, { firstStep: RolloutStep.ROLLOUT_STEP_READINESS }));
    const id = await replacing(old, { match: labelled('retail') });
    const [plain = '', retail = '', begun = ''] = await newcomers(3);
    await turns();
    const read = (appid: string) => worker.fleet.keepReads({ ...READ, appid, at: new Date() });
    await read(begun);
    await turns();
    await sql(`update authorizers set labels = '{retail}' where appid = any($1)`, [retail, begun]);
    await steps.succeed(id);
    await turns();
    expect(await steps.targets(old)).toMatchObject([
      { appid: plain, state: 'WAITING', waits_for: 'READ' },
      { appid: retail, state: 'SKIPPED', reason: 'REPLACED' },
      { appid: begun, state: 'RUNNING' },
    ]);
    expect((await appidsOf(id)).slice(1).toSorted()).toEqual([retail, begun].toSorted());
    const counted = (await steps.rollout(old)).counts.map(({ state, targets }) => `${state} ${targets}`);
    expect(counted.toSorted()).toEqual(['RUNNING 1', 'SKIPPED 1', 'WAITING 1']);
    await steps.succeed(old);
    await read(plain);
    await turns();
    await steps.succeed(old);
    await turns();
    expect(await steps.rollout(old)).toMatchObject({ state: 'COMPLETED' });
  });

  it('Targets of a paused old rollout that are not submitted are handed over, and those with an operation in progress stay', async () => {
    const old = await steps.begin([], takingIn({}, { lastStep: RolloutStep.ROLLOUT_STEP_VERIFY }));
    const [submitted = ''] = await newcomers(1);
    await steps.turns();
    for (let n = 0; n < 3; n += 1) {
      await steps.succeed(old);
      await steps.turns();
    }
    const [doubted = '', waiting = '', committed = ''] = await newcomers(3);
    await steps.turns();
    const commits = await steps.open(old);
    const settle = async (appid: string, state: 'IN_DOUBT' | 'SUCCEEDED', given = {}) =>
      steps.settle(commits.find((one) => one.appid === appid)?.id ?? '', state, given);
    await settle(doubted, 'IN_DOUBT', { mayHaveActed: true, reconcileInMs: 3_600_000 });
    await steps.clock(120_000);
    await steps.turns();
    await steps.pause(old);
    const [held = ''] = await newcomers(1);
    await steps.turns();
    await sql(`update authorizers set authorized_at = authorized_at - interval '1 minute'`);
    const id = await replacing(old);
    await steps.succeed(id);
    await postpone(old);
    await steps.turn();
    await settle(committed, 'SUCCEEDED');
    await steps.turns();
    const [COMMIT, SETTINGS] = [1, 9];
    expect(await steps.targets(old)).toMatchObject([
      { appid: submitted, state: 'WAITING', waits_for: 'AUDIT' },
      { appid: doubted, state: 'IN_DOUBT' },
      { appid: waiting, state: 'WAITING', waits_for: 'OPERATION' },
      { appid: committed, state: 'SKIPPED', reason: 'REPLACED', step: SETTINGS },
      { appid: held, state: 'SKIPPED', reason: 'REPLACED', step: COMMIT },
    ]);
    expect((await appidsOf(id)).slice(1).toSorted()).toEqual([committed, held].toSorted());
    expect(await steps.rollout(old)).toMatchObject({ state: 'PAUSED' });
  });

  it('If a turn or a call holds the old rollout, the new one waits for nothing and comes back', async () => {
    const old = await steps.begin([], takingIn());
    const id = await replacing(old);
    await steps.succeed(id);
    await whileLocked('select from rollouts where id = $1 for update', [old], async () => {
      await steps.turn();
      expect(await steps.rollout(id)).toMatchObject({ submitWave: 2, intakeSince: null });
      const isSoon = `select next_turn_at <= now() + interval '1 second' from rollouts where id = $1`;
      expect(await value(isSoon, id)).toBe(true);
    });
    expect(await isOpen(old)).toBe(true);
    await steps.clock(1_000);
    await steps.turns();
    expect(await isOpen(old)).toBe(false);
    expect((await steps.rollout(id)).intakeSince).toBeInstanceOf(Date);
  });

  it('A paused rollout takes over only once it is resumed', async () => {
    const old = await steps.begin([], takingIn());
    const id = await replacing(old);
    await steps.pause(id);
    await sql('update rollouts set submit_wave = 2, next_turn_at = now() where id = $1', id);
    await steps.turns();
    expect(await isOpen(old)).toBe(true);
    await steps.resume(id);
    await steps.turns();
    expect(await isOpen(old)).toBe(false);
  });

  it('A rollout whose predecessor was closed or deleted meanwhile begins its intake all the same', async () => {
    const old = await steps.begin([], takingIn());
    const [first, second] = [await replacing(old), await replacing(old)];
    await steps.close(old);
    await steps.turns();
    await steps.succeed(first);
    await steps.turns();
    expect((await steps.rollout(first)).intakeSince).toBeInstanceOf(Date);
    await sql('delete from rollouts where id = $1', old);
    await steps.succeed(second);
    await steps.turns();
    expect((await steps.rollout(second)).intakeSince).toBeInstanceOf(Date);
  });
});
