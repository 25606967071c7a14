import { describe, expect, it } from '@jest/globals';
import { RolloutGateType } from '@wxa/contracts';
import { logged } from '../app-log.js';
import { eventually } from '../eventually.js';
import { AUDIT_RULES, count, Journey } from '../journeys/journey.js';
import { scrape } from '../metrics/exposition.js';
import { useSharedWorld, world } from '../use-world.js';
import { newAppids } from './rollout-steps.js';

useSharedWorld('rollouts');

const rollouts = new Journey(() => world);

describe('the pipeline of a rollout', () => {
  /** How many targets have passed a step, by the metrics of the workers. */
  const passed = async (step: string) => {
    const pages = await Promise.all(world.stack.addresses.workers.map(scrape));
    const series = `wxa_rollout_moves_total{step="${step}",result="passed"}`;
    return pages.reduce((sum, page) => sum + (page.get(series) ?? 0), 0);
  };

  it('Each mini-program is committed, submitted, released and verified once, every event is published once, and the workers count and log it', async () => {
    const appids = newAppids(5);
    const [committed, verified] = [await passed('COMMIT'), await passed('VERIFY')];
    const { id } = await rollouts.create(appids);
    const rollout = await rollouts.until(id);
    await eventually(async () => {
      expect([await passed('COMMIT'), await passed('VERIFY')]).toEqual([committed + 5, verified + 5]);
    });
    await eventually(async () => {
      const lines = (await Promise.all(world.apps.map((app) => logged(app, 'rollout ')))).flat();
      expect(
        lines
          .filter((line) => line.rollout === id)
          .map(({ msg }) => msg)
          .toSorted(),
      ).toEqual(['rollout completed', 'rollout started']);
    });
    expect(rollout).toMatchObject({
      ...{ submissions: 5, holds: [], endTime: expect.any(Date) },
      counts: [{ step: 'ROLLOUT_STEP_VERIFY', state: 'ROLLOUT_TARGET_STATE_SUCCEEDED', count: 5 }],
    });
    const subjects = [id, ...appids.map(() => expect.stringMatching(`^${id}/wx`)), id, id];
    await eventually(() => expect(rollouts.events(id)).toHaveLength(subjects.length));
    expect(rollouts.events(id)).toMatchObject(subjects.map((ce_subject) => ({ headers: { ce_subject } })));
    for (const appid of appids)
      expect(await rollouts.kinds(appid)).toEqual(['commit', 'submit_audit', 'release']);
  }, 60_000);

  it('A budget, a manual gate, a pause and a cancellation hold a rollout until the calls that end them', async () => {
    const appids = newAppids(4);
    // Its first audit stays open until the budget has held the second submission.
    await world.sim.patchPlatform({ auditRules: [{ decision: 'approve', delayMs: 3_600_000 }] });
    const { id } = await rollouts.create(appids, {
      waves: [count(2), { ...count(2), submitGate: { manual: true } }],
      auditBudget: { maxOpenAudits: 1 },
    });
    const isHeld = (by: string) =>
      eventually(async () => (await rollouts.get(id)).holds.some(({ cause }) => cause === by));
    await isHeld('CAUSE_OPEN_AUDITS');
    // A submission in flight holds the second one too: its audit would follow the next rule.
    const audited = await eventually(
      async () => (await rollouts.targets(id)).find(({ step }) => step === 'ROLLOUT_STEP_AUDIT') ?? false,
    );
    await world.sim.patchPlatform({ auditRules: AUDIT_RULES });
    await world.sim.decide(audited.appid, { decision: 'approve' });
    await isHeld('CAUSE_GATE');
    const released = Array(2).fill('VERIFY SUCCEEDED');
    await rollouts.untilPlaces(id, ...released, 'COMMIT PENDING', 'COMMIT PENDING');
    const by = { onBehalfOf: 'li', reason: 'lunch' };
    await rollouts.ask('pauseRollout', { id, ...by });
    await rollouts.ask('advanceRollout', { id, wave: 2, gate: RolloutGateType.ROLLOUT_GATE_TYPE_SUBMIT });
    const { json: paused } = await rollouts.event(id, 'Paused');
    expect(paused).toMatchObject({ cause: 'ROLLOUT_PAUSE_CAUSE_REQUESTED', ...by });
    expect(await rollouts.places(id)).toEqual([...released, 'COMMIT PENDING', 'COMMIT PENDING']);
    await rollouts.ask('resumeRollout', { id });
    await rollouts.ask('cancelRollout', { id, reason: 'wrong template' });
    const { counts } = await rollouts.until(id, 'CANCELLED');
    expect(counts.reduce((sum, { count: n }) => sum + n, 0)).toBe(4);
    await rollouts.event(id, 'Cancelled');
    const events = rollouts.events(id);
    const names = ['Started', 'Held', 'HoldCleared', 'GateReached', 'Paused', 'Resumed', 'Cancelled'];
    expect(events.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    const seqs = events.flatMap(({ json }) => ('seq' in json ? [Number(json.seq)] : []));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  }, 60_000);
});
