import { expect, it } from '@jest/globals';
import {
  RolloutStopRule_Cause as Cause,
  RolloutGateType,
  RolloutStep,
  RolloutTargetState,
} from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { newAppids } from '../rollouts/rollout-steps.js';
import { useSharedWorld, world } from '../use-world.js';
import { AUDIT_RULES, count, DONE, Journey, REST, rejectedAppid } from './journey.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);
const { ROLLOUT_GATE_TYPE_SUBMIT: SUBMIT, ROLLOUT_GATE_TYPE_RELEASE: RELEASE } = RolloutGateType;
const { ROLLOUT_TARGET_STATE_SKIPPED: SKIPPED } = RolloutTargetState;
const times = (n: number, place: string): string[] => Array(n).fill(place);
const typeOf = ({ type }: { type: string }) => type.replace('ROLLOUT_CHANGE_TYPE_', '');

it.concurrent('Manual gates hold their waves until they are advanced, a target is taken out meanwhile, and the journal and the events say so', async () => {
  const { id } = await rollouts.create(newAppids(6), {
    waves: [
      count(1),
      { size: { $case: 'percent', value: 33 }, releaseGate: { manual: true } },
      { ...REST, submitGate: { manual: true } },
    ],
  });
  await rollouts.untilPlaces(id, DONE, ...times(2, 'RELEASE PENDING'), ...times(3, 'COMMIT PENDING'));
  await eventually(async () =>
    expect((await rollouts.get(id)).holds).toMatchObject([
      { cause: 'CAUSE_GATE', wave: 3, gate: SUBMIT, step: 'ROLLOUT_STEP_COMMIT', targets: 3 },
      { cause: 'CAUSE_GATE', wave: 2, gate: RELEASE, step: 'ROLLOUT_STEP_RELEASE', targets: 2 },
    ]),
  );
  const [away = ''] = (await rollouts.targets(id)).slice(-1).map(({ appid }) => appid);
  await rollouts.ask('skipRolloutTargets', { id, filter: { appids: [away] }, reason: 'is away' });
  await rollouts.ask('advanceRollout', { id, wave: 3, gate: SUBMIT, reason: 'looks good' });
  await rollouts.untilPlaces(id, DONE, ...times(4, 'RELEASE PENDING'), 'COMMIT SKIPPED');
  await rollouts.ask('advanceRollout', { id, gate: RELEASE });
  const { waves } = await rollouts.untilEnd(id, ...times(5, DONE), 'COMMIT SKIPPED');
  expect(waves.map(({ targets }) => targets)).toEqual([1, 2, 3]);
  expect((await rollouts.target(id, away)).error).toMatchObject({ reason: 'TAKEN_OUT' });
  const journal = await rollouts.journal(id);
  expect(journal.map(({ seq }) => Number(seq))).toEqual(journal.map((_, i) => i + 1));
  expect(journal.find((entry) => typeOf(entry) === 'SKIPPED')).toMatchObject({
    ...{ reason: 'is away', moved: 1, total: 1 },
  });
  const changesOf = (of: RolloutGateType) =>
    journal
      .filter(({ type, gate }) => type.includes('_GATE_') && gate === of)
      .map((entry) => `${typeOf(entry)} ${entry.wave}`);
  expect(changesOf(SUBMIT)).toEqual(['GATE_OPENED 1', 'GATE_OPENED 2', 'GATE_REACHED 3', 'GATE_OPENED 3']);
  expect(changesOf(RELEASE)).toEqual(['GATE_OPENED 1', 'GATE_REACHED 2', 'GATE_OPENED 2', 'GATE_OPENED 3']);
  await rollouts.event(id, 'Completed');
  const reached = rollouts.events(id).filter(({ name }) => name === 'GateReached');
  expect(reached.map(({ json: { gate, wave } }) => [gate, wave]).toSorted()).toEqual([
    [RELEASE, 2],
    [SUBMIT, 3],
  ]);
  for (const { json } of reached)
    expect(json.previousWave).toMatchObject({
      wave: Number(json.wave) - 1,
      targets: Number(json.wave) - 1,
    });
});

it.concurrent('A canary whose audits are rejected stops the rollout, a resume counts from zero, and rejected targets are retried from SUBMIT_AUDIT or COMMIT', async () => {
  const canaries = [rejectedAppid(), rejectedAppid()];
  const { id } = await rollouts.create([...canaries, ...newAppids(3)], {
    waves: [count(2), REST],
    stopRules: [{ cause: Cause.CAUSE_AUDIT_REJECTED, percent: 50, minEnded: 2 }],
  });
  const paused = await rollouts.until(id, 'PAUSED');
  const cause = 'ROLLOUT_PAUSE_CAUSE_STOP_RULE';
  const detail = expect.stringContaining('2 of 2 executions of AUDIT failed');
  const explanation = { reason: 'SHARE_FAILED', arguments: { failed: '2', ended: '2', step: 'AUDIT' } };
  const said = { pauseCause: cause, pauseDetail: detail, pauseExplanation: explanation };
  expect(paused).toMatchObject({ ...said, submissions: 2 });
  expect((await rollouts.event(id, 'Paused')).json).toMatchObject({ cause, detail, explanation });
  const entries = await rollouts.journal(id);
  expect(entries.find(({ type }) => type === 'ROLLOUT_CHANGE_TYPE_PAUSED')).toMatchObject({ explanation });
  // The rule keeps the gate of the second wave shut.
  const failed = times(2, 'AUDIT FAILED');
  expect(await rollouts.places(id)).toEqual([...failed, ...times(3, 'COMMIT PENDING')]);
  expect((await rollouts.ask('resumeRollout', { id })).pauseExplanation).toBeUndefined();
  await rollouts.untilEnd(id, ...failed, ...times(3, DONE));
  const group = {
    state: 'ROLLOUT_TARGET_STATE_FAILED',
    step: 'ROLLOUT_STEP_AUDIT',
    reason: 'AUDIT_REJECTED',
    errcode: 0,
  };
  const hint = expect.stringMatching(/ \[.*\]$/);
  const failures = [{ ...group, title: '类目不符', count: 2, retryable: false, hint }];
  expect(await rollouts.failures(id)).toMatchObject(failures);

  const [first = '', second = ''] = canaries;
  const auditRules = AUDIT_RULES.filter(({ decision }) => decision !== 'reject');
  await world.sim.patchPlatform({ auditRules });
  await rollouts.ask('retryRollout', { id, filter: { appids: [first] } });
  await rollouts.until(id);
  const fromStep = RolloutStep.ROLLOUT_STEP_COMMIT;
  await rollouts.ask('retryRollout', { id, filter: { appids: [second] }, fromStep });
  expect(await rollouts.untilEnd(id, ...times(5, DONE))).toMatchObject({ submissions: 7 });
  await world.sim.patchPlatform({ auditRules: AUDIT_RULES });
  expect([await rollouts.kinds(first), await rollouts.kinds(second)]).toEqual([
    ['commit', 'submit_audit', 'submit_audit', 'release'],
    ['commit', 'submit_audit', 'commit', 'submit_audit', 'release'],
  ]);
  expect(await rollouts.target(id, first)).toMatchObject({ attempt: 2, completions: 2 });
  await eventually(() => rollouts.events(id).filter(({ name }) => name === 'Completed').length === 3);
  const started = rollouts.events(id).filter(({ name }) => name === 'Started');
  expect(started.map(({ json }) => json.restarted ?? false)).toEqual([false, true, true]);
});

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
  const once = ['CREATED', 'STARTED', 'GATE_OPENED', 'PAUSED', 'SKIPPED', 'WAVE_COMPLETED', 'COMPLETED'];
  expect((await rollouts.journal(id)).map((entry) => `${entry.seq} ${typeOf(entry)}`)).toEqual(
    [...once, 'RETRIED', 'STARTED', 'WAVE_COMPLETED', 'COMPLETED'].map((type, i) => `${i + 1} ${type}`),
  );
  const ofRollout = (name: string, seq: string) => [name, `${id}.${seq}`, id, seq];
  const ofTarget = (target: string, completion: number) => {
    const ids = [`${id}.${target}.${completion}`, `${id}/${target}`];
    return ['TargetCompleted', ...ids, undefined];
  };
  const events = rollouts.events(id);
  expect(
    events.map(({ name, headers, json, ...event }) => [name, event.id, headers.ce_subject, json.seq]),
  ).toEqual([
    ofRollout('Started', '2'),
    ofRollout('Paused', '4'),
    ofTarget(appid, 1),
    ofTarget(other, 1),
    ofRollout('WaveCompleted', '6'),
    ofRollout('Completed', '7'),
    ofRollout('Started', '9'),
    ofTarget(other, 2),
    ofRollout('WaveCompleted', '10'),
    ofRollout('Completed', '11'),
  ]);
  const withoutExt = { spec: expect.not.objectContaining({ extJson: expect.anything() }) };
  expect(events[0]?.json.rollout).toMatchObject(withoutExt);
});
