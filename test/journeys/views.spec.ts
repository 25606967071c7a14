import { describe, expect, it } from '@jest/globals';
import {
  RolloutStopRule_Cause as Cause,
  type Rollout,
  RolloutState,
  RolloutStep,
  RolloutTargetState,
  WatchRolloutRequest,
  type WatchRolloutResponse,
} from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { Journey, rejectedAppid } from './journey.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);
const { ROLLOUT_TARGET_STATE_FAILED: FAILED, ROLLOUT_TARGET_STATE_SKIPPED: SKIPPED } = RolloutTargetState;
const DONE = 'VERIFY SUCCEEDED';

describe('failures, retries and skips', () => {
  it.concurrent('Each failure group is a filter that selects exactly its targets', async () => {
    const [rejected, failing, fine] = [rejectedAppid(), newAppids(2), newAppids(1)];
    const [limited = ''] = newAppids(1);
    await world.sim.addFault({
      api: 'wxa/commit',
      appid: limited,
      kind: 'errcode',
      errcode: 86007,
      times: 0,
    });
    for (const appid of failing)
      await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'errcode', errcode: 85013, times: 1 });
    const { id } = await rollouts.create([rejected, ...failing, ...fine, limited], {
      stopRules: [{ cause: Cause.CAUSE_ANY, count: 100 }],
    });
    await rollouts.until(id);
    const groups = await rollouts.failures(id);
    expect(groups).toMatchObject([
      {
        state: FAILED,
        step: 'ROLLOUT_STEP_COMMIT',
        errcode: 85013,
        count: 2,
        retryable: expect.any(Boolean),
      },
      // Concerns one mini-program only, so it does not pause the rollout.
      { state: FAILED, step: 'ROLLOUT_STEP_COMMIT', errcode: 86007, count: 1 },
      {
        state: FAILED,
        step: 'ROLLOUT_STEP_AUDIT',
        reason: 'AUDIT_REJECTED',
        errcode: 0,
        count: 1,
        title: '类目不符',
      },
    ]);
    for (const { state, step, reason, errcode, title, count: size, sampleAppids } of groups) {
      const selected = await rollouts.list(id, { states: [state], steps: [step], reason, errcode, title });
      expect(selected.map(({ appid }) => appid).sort()).toEqual(sampleAppids.sort());
      expect(selected).toHaveLength(size);
    }
    const completed = (await rollouts.event(id, 'Completed')).json as { failures: object[] };
    expect(completed.failures).toMatchObject([
      { count: 2, errcode: 85013 },
      { count: 1, errcode: 86007 },
      { count: 1, reason: 'AUDIT_REJECTED' },
    ]);
    // From a later step than the one that failed: processed, and left as they are.
    await rollouts.ask('retryRollout', {
      id,
      filter: { errcode: 85013 },
      fromStep: RolloutStep.ROLLOUT_STEP_RELEASE,
    });
    await rollouts.until(id);
    expect((await rollouts.journal(id)).find(({ type }) => type.endsWith('_RETRIED'))).toMatchObject({
      moved: 2,
      total: 2,
    });
    expect((await rollouts.places(id)).slice(1, 3)).toEqual(['COMMIT FAILED', 'COMMIT FAILED']);
    const [{ state, step, reason, errcode, title }] = groups as [(typeof groups)[0]];
    await rollouts.ask('retryRollout', {
      id,
      filter: { states: [state], steps: [step], reason, errcode, title },
    });
    await rollouts.until(id);
    expect(await rollouts.places(id)).toEqual(['AUDIT FAILED', DONE, DONE, DONE, 'COMMIT FAILED']);
  });

  it.concurrent('Commands that wait for their turn are all carried out before the rollout ends again', async () => {
    const [appid = '', other = ''] = newAppids(2);
    await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'errcode', errcode: 85013 });
    const { id } = await rollouts.create([appid, other]);
    await rollouts.until(id);
    for (const worker of world.stack.workers) worker.kill('SIGSTOP');
    await rollouts.ask('retryRollout', { id, filter: { appids: [other] } });
    await rollouts.ask('retryRollout', { id, filter: { appids: [appid] } });
    for (const worker of world.stack.workers) worker.kill('SIGCONT');
    await eventually(async () => (await rollouts.places(id)).join() === [DONE, DONE].join());
    await rollouts.until(id);
  });
});

describe('the events of a rollout', () => {
  it.concurrent('A rollout that ends while it is paused and is retried publishes each event once, in order, with the documented ids', async () => {
    const [appid = '', other = ''] = newAppids(2);
    const fault = await world.sim.addFault({ api: 'wxa/commit', appid, kind: 'hang' });
    const spec = { lastStep: RolloutStep.ROLLOUT_STEP_COMMIT, maxInFlight: 1, extJson: '{"a":1}' };
    const { id } = await rollouts.create([appid, other], spec);
    await eventually(async () => (await world.sim.fault(fault.id)).held === 1);
    await rollouts.ask('pauseRollout', { id });
    await rollouts.event(id, 'Paused');
    await world.sim.releaseFault(fault.id);
    await rollouts.untilPlaces(id, 'COMMIT SUCCEEDED', 'COMMIT PENDING');
    await rollouts.ask('skipRolloutTargets', { id, filter: { appids: [other] } });
    await rollouts.until(id);
    await rollouts.ask('retryRollout', { id, filter: { states: [SKIPPED] } });
    await rollouts.until(id);
    await eventually(() => rollouts.events(id).filter(({ name }) => name === 'Completed').length === 2);
    const seqs = new Map(
      (await rollouts.journal(id)).map(({ seq, type }) => [
        Number(seq),
        type.replace('ROLLOUT_CHANGE_TYPE_', ''),
      ]),
    );
    const all = [
      'CREATED',
      'STARTED',
      'GATE_OPENED',
      'PAUSED',
      'SKIPPED',
      'WAVE_COMPLETED',
      'COMPLETED',
      'RETRIED',
      'STARTED',
      'WAVE_COMPLETED',
      'COMPLETED',
    ];
    expect([...seqs.entries()]).toEqual(all.map((type, i) => [i + 1, type]));
    expect(
      rollouts
        .events(id)
        .map(({ name, id: eventId, headers, json }) => [name, eventId, headers.ce_subject, json.seq]),
    ).toEqual([
      ['Started', `${id}.2`, id, '2'],
      ['Paused', `${id}.4`, id, '4'],
      ['TargetCompleted', `${id}.${appid}.1`, `${id}/${appid}`, undefined],
      ['TargetCompleted', `${id}.${other}.1`, `${id}/${other}`, undefined],
      ['WaveCompleted', `${id}.6`, id, '6'],
      ['Completed', `${id}.7`, id, '7'],
      ['Started', `${id}.9`, id, '9'],
      ['TargetCompleted', `${id}.${other}.2`, `${id}/${other}`, undefined],
      ['WaveCompleted', `${id}.10`, id, '10'],
      ['Completed', `${id}.11`, id, '11'],
    ]);
    const [started] = rollouts.events(id);
    expect(started?.json.rollout).toMatchObject({
      spec: expect.not.objectContaining({ extJson: expect.anything() }),
    });
  });
});

describe('WatchRollout and GetRolloutPlan', () => {
  it.concurrent('A watch shows each version at most four times a second and ends with the final one', async () => {
    const { id } = await rollouts.create(newAppids(5), { maxInFlight: 1, extJson: '{"a":1}' });
    const since = performance.now();
    const stream = world.rollouts.watchRollout(WatchRolloutRequest.fromPartial({ id }));
    const seen: { rollout: Rollout; latest: WatchRolloutResponse['latest'] }[] = [];
    for await (const message of stream as AsyncIterable<WatchRolloutResponse>)
      seen.push({ rollout: message.rollout as Rollout, latest: message.latest });
    const seconds = (performance.now() - since) / 1_000;
    expect(seen.at(-1)?.rollout).toMatchObject({
      state: RolloutState.ROLLOUT_STATE_COMPLETED,
      submissions: 5,
      spec: { extJson: '' },
    });
    expect(seen.at(-1)?.rollout.counts).toEqual((await rollouts.get(id)).counts);
    expect(seen.at(-1)?.latest[0]).toMatchObject({
      state: 'ROLLOUT_TARGET_STATE_SUCCEEDED',
      commit: undefined,
    });
    expect(Math.max(...seen.map(({ latest }) => latest.length))).toBeLessThanOrEqual(20);
    // Not in each second of this process, which may receive several messages at once.
    expect(seen.length).toBeLessThanOrEqual(1 + 4 * seconds);
    expect(seen.length).toBeGreaterThan(2);
  });
});
