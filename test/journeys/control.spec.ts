import { describe, expect, it } from '@jest/globals';
import { RolloutStopRule_Cause as Cause, RolloutGateType, RolloutStep } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { AUDIT_RULES, count, Journey, openAppid, REST, rejectedAppid, seconds } from './journey.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);
const { ROLLOUT_GATE_TYPE_SUBMIT: SUBMIT, ROLLOUT_GATE_TYPE_RELEASE: RELEASE } = RolloutGateType;
const done = (n: number) => Array.from({ length: n }, () => 'VERIFY SUCCEEDED');

describe('waves', () => {
  it.concurrent('Gates of shares, times and by hand open in order, each waits for all its conditions, and the journal says so', async () => {
    const appids = newAppids(6);
    const notBefore = new Date(Date.now() + 1_500);
    const { id } = await rollouts.create(appids, {
      waves: [
        { ...count(1), releaseGate: { notBefore } },
        {
          size: { $case: 'percent', value: 33 },
          submitGate: { bakeTime: seconds(0.5) },
          releaseGate: { manual: true },
        },
        { ...REST, submitGate: { manual: true } },
      ],
    });
    await rollouts.untilPlaces(
      id,
      ...done(1),
      'RELEASE PENDING',
      'RELEASE PENDING',
      ...Array(3).fill('COMMIT PENDING'),
    );
    await eventually(async () => (await rollouts.get(id)).holds.length === 2);
    expect((await rollouts.get(id)).holds).toMatchObject([
      { cause: 'CAUSE_GATE', wave: 3, gate: SUBMIT, step: 'ROLLOUT_STEP_COMMIT', targets: 3 },
      { cause: 'CAUSE_GATE', wave: 2, gate: RELEASE, step: 'ROLLOUT_STEP_RELEASE', targets: 2 },
    ]);
    await rollouts.ask('advanceRollout', { id, wave: 3, gate: SUBMIT, reason: 'looks good' });
    await rollouts.untilPlaces(id, ...done(1), ...Array(5).fill('RELEASE PENDING'));
    await rollouts.ask('advanceRollout', { id, gate: RELEASE });
    const { waves } = await rollouts.until(id);
    expect(waves.map(({ targets }) => targets)).toEqual([1, 2, 3]);
    const journal = (await rollouts.journal(id)).map(({ seq, type, wave, gate, reason }) => ({
      seq,
      type: type.replace('ROLLOUT_CHANGE_TYPE_', ''),
      wave,
      gate,
      reason,
    }));
    expect(journal.map(({ seq }) => Number(seq))).toEqual(journal.map((_, i) => i + 1));
    const gates = journal
      .filter(({ type }) => type.startsWith('GATE'))
      .map(({ type, wave, gate }) => [type, wave, gate]);
    expect(gates.filter(([, , gate]) => gate === SUBMIT)).toEqual([
      ['GATE_OPENED', 1, SUBMIT],
      ['GATE_OPENED', 2, SUBMIT],
      ['GATE_REACHED', 3, SUBMIT],
      ['GATE_OPENED', 3, SUBMIT],
    ]);
    expect(gates.filter(([, , gate]) => gate === RELEASE)).toEqual([
      ['GATE_OPENED', 1, RELEASE],
      ['GATE_REACHED', 2, RELEASE],
      ['GATE_OPENED', 2, RELEASE],
      ['GATE_OPENED', 3, RELEASE],
    ]);
    const [first, second] = waves;
    const openedAt = (time: Date | undefined) => time?.getTime() ?? 0;
    expect(openedAt(first?.releaseOpenTime)).toBeGreaterThanOrEqual(notBefore.getTime());
    const firstRelease = (await world.sim.calls({ appid: appids[0] ?? '', api: 'wxa/release' }))[0];
    expect(firstRelease?.startedAt).toBeGreaterThanOrEqual(notBefore.getTime());
    expect(openedAt(second?.submitOpenTime) - openedAt(first?.submitOpenTime)).toBeGreaterThanOrEqual(500);
    await rollouts.event(id, 'Completed');
    const reached = rollouts.events(id).filter(({ name }) => name === 'GateReached');
    expect(new Map(reached.map(({ json }) => [json.gate, json]))).toMatchObject(
      new Map([
        [SUBMIT, { wave: 3, previousWave: { wave: 2, targets: 2 } }],
        [RELEASE, { wave: 2, previousWave: { wave: 1, targets: 1 } }],
      ]),
    );
    expect(reached).toHaveLength(2);
  });

  it.concurrent('A share opens a gate while a target is stuck, and taking the stuck target out opens the next one', async () => {
    const [stuck, ...others] = [openAppid(), ...newAppids(3)];
    const { id } = await rollouts.create([stuck, ...others], {
      waves: [count(2), { ...count(1), submitGate: { afterPercent: 50 } }, REST],
    });
    await rollouts.untilPlaces(id, 'AUDIT WAITING AUDIT', ...done(1), ...Array(2).fill('RELEASE PENDING'));
    expect((await rollouts.get(id)).holds).toMatchObject([
      {
        cause: 'CAUSE_GATE',
        wave: 2,
        gate: RELEASE,
        targets: 1,
        detail: '1 of 2 targets of wave 1 have passed, 100 % required',
      },
    ]);
    await rollouts.ask('skipRolloutTargets', { id, filter: { appids: [stuck] }, reason: 'customer is away' });
    await rollouts.until(id);
    expect(await rollouts.places(id)).toEqual(['AUDIT SKIPPED', ...done(3)]);
    expect((await rollouts.target(id, stuck)).error).toMatchObject({ reason: 'TAKEN_OUT' });
    expect((await rollouts.journal(id)).find(({ type }) => type.endsWith('_SKIPPED'))).toMatchObject({
      reason: 'customer is away',
      moved: 1,
      total: 1,
    });
    // The audit of the target stays open at WeChat.
    expect((await world.sim.app(stuck)).audits.at(-1)?.status).toBe(2);
  });
});

describe('stop rules and platform errors', () => {
  it.concurrent('A canary whose audits are rejected stops the rollout, a resume counts from zero, and rejected targets are retried from SUBMIT_AUDIT or COMMIT', async () => {
    const canaries = [rejectedAppid(), rejectedAppid()];
    const { id } = await rollouts.create([...canaries, ...newAppids(3)], {
      waves: [count(2), REST],
      stopRules: [{ cause: Cause.CAUSE_AUDIT_REJECTED, percent: 50, minEnded: 2 }],
    });
    const paused = await rollouts.until(id, 'PAUSED');
    expect(paused).toMatchObject({
      pauseCause: 'ROLLOUT_PAUSE_CAUSE_STOP_RULE',
      pauseDetail: expect.stringContaining('2 of 2 executions of AUDIT failed'),
      submissions: 2,
    });
    // The rule keeps the gate of the second wave shut.
    expect(await rollouts.places(id)).toEqual([
      ...Array(2).fill('AUDIT FAILED'),
      ...Array(3).fill('COMMIT PENDING'),
    ]);
    expect((await rollouts.event(id, 'Paused')).json).toMatchObject({
      cause: 'ROLLOUT_PAUSE_CAUSE_STOP_RULE',
      detail: paused.pauseDetail,
    });
    expect(await rollouts.failures(id)).toMatchObject([
      {
        state: 'ROLLOUT_TARGET_STATE_FAILED',
        step: 'ROLLOUT_STEP_AUDIT',
        reason: 'AUDIT_REJECTED',
        errcode: 0,
        title: '类目不符',
        count: 2,
        retryable: false,
        hint: expect.stringMatching(/ \[.*\]$/),
      },
    ]);
    await rollouts.ask('resumeRollout', { id });
    await rollouts.until(id);
    expect(await rollouts.places(id)).toEqual([...Array(2).fill('AUDIT FAILED'), ...done(3)]);

    const [first = '', second = ''] = canaries;
    await world.sim.patchPlatform({
      auditRules: AUDIT_RULES.filter(({ decision }) => decision !== 'reject'),
    });
    await rollouts.ask('retryRollout', { id, filter: { appids: [first] } });
    await rollouts.until(id);
    await rollouts.ask('retryRollout', {
      id,
      filter: { appids: [second] },
      fromStep: RolloutStep.ROLLOUT_STEP_COMMIT,
    });
    const { submissions } = await rollouts.until(id);
    await world.sim.patchPlatform({ auditRules: AUDIT_RULES });
    expect(await rollouts.places(id)).toEqual(done(5));
    expect(submissions).toBe(7);
    const names = async (appid: string) =>
      (await rollouts.effects(appid)).map((effect) => effect.split(' ')[0]);
    expect([await names(first), await names(second)]).toEqual([
      ['commit', 'submit_audit', 'submit_audit', 'release'],
      ['commit', 'submit_audit', 'commit', 'submit_audit', 'release'],
    ]);
    expect(await rollouts.target(id, first)).toMatchObject({ attempt: 2, completions: 2 });
    await eventually(() => rollouts.events(id).filter(({ name }) => name === 'Completed').length === 3);
    expect(
      rollouts
        .events(id)
        .filter(({ name }) => name === 'Started')
        .map(({ json }) => json.restarted ?? false),
    ).toEqual([false, true, true]);
  });

  it.concurrent.each([61004, 85014, 86008])(
    'Errcode %d of one mini-program pauses the rollout, and its target stays PENDING',
    async (errcode) => {
      const [one = '', ...others] = newAppids(3);
      const { id: fault } = await world.sim.addFault({
        api: 'wxa/commit',
        appid: one,
        kind: 'errcode',
        errcode,
        times: 0,
      });
      const { id } = await rollouts.create([one, ...others], { maxInFlight: 1 });
      const paused = await rollouts.until(id, 'PAUSED');
      expect(paused).toMatchObject({
        pauseCause: 'ROLLOUT_PAUSE_CAUSE_PLATFORM',
        pauseDetail: expect.stringContaining(String(errcode)),
      });
      expect(await rollouts.places(id)).toEqual(Array(3).fill('COMMIT PENDING'));
      expect(await rollouts.target(id, one)).toMatchObject({ attempt: 2, error: undefined, completions: 0 });
      expect((await rollouts.event(id, 'Paused')).json).toMatchObject({
        cause: 'ROLLOUT_PAUSE_CAUSE_PLATFORM',
        detail: paused.pauseDetail,
      });
      expect(paused.pauseDetail).toMatch(/\[.*\]$/);
      await world.sim.clearFaults(fault);
      await rollouts.ask('resumeRollout', { id });
      await rollouts.until(id);
      expect(await rollouts.places(id)).toEqual(done(3));
    },
    60_000,
  );
});

describe('PauseRollout', () => {
  it('After it has returned no operation is accepted until ResumeRollout, although operations end', async () => {
    const appids = newAppids(12);
    const commits = await Promise.all(
      appids.map((appid) => world.sim.addFault({ api: 'wxa/commit', appid, kind: 'hang' })),
    );
    const { id } = await rollouts.create(appids);
    const isHeld = async (fault: { id: string }) => (await world.sim.fault(fault.id)).held === 1;
    await eventually(async () => (await Promise.all(commits.map(isHeld))).every(Boolean));
    const paused = await rollouts.ask('pauseRollout', { id, onBehalfOf: 'li', reason: 'lunch' });
    expect(paused).toMatchObject({
      state: 'ROLLOUT_STATE_PAUSED',
      pauseCause: 'ROLLOUT_PAUSE_CAUSE_REQUESTED',
    });
    for (const fault of commits) await world.sim.releaseFault(fault.id);
    await eventually(async () =>
      (await rollouts.places(id)).some((place) => place.startsWith('SUBMIT_AUDIT')),
    );
    expect(
      (await rollouts.places(id)).filter((place) => place.endsWith('RUNNING') && !place.startsWith('COMMIT')),
    ).toEqual([]);
    expect(await rollouts.accepted(id)).toBe(12);
    expect((await rollouts.event(id, 'Paused')).json).toMatchObject({
      cause: 'ROLLOUT_PAUSE_CAUSE_REQUESTED',
      onBehalfOf: 'li',
      reason: 'lunch',
    });
    await rollouts.ask('resumeRollout', { id });
    await eventually(async () => (await rollouts.accepted(id)) > 12);
    await rollouts.ask('cancelRollout', { id });
  });
});
