import { describe, expect, it } from '@jest/globals';
import { logged } from '../app-log.js';
import { eventually } from '../eventually.js';
import { AUDIT_RULES } from '../journeys/journey.js';
import { scrape } from '../metrics/exposition.js';
import { useSharedWorld, world } from '../use-world.js';
import { newAppids, RolloutSteps } from './rollout-steps.js';

useSharedWorld('rollouts');

const rollouts = new RolloutSteps(() => world);

const eventsOf = (id: string) =>
  world.seen
    .filter(({ key }) => key === id)
    .map((message) => ({ ...message, name: message.type.replace('wxa.code.v1.', '') }));

describe('the pipeline of a rollout', () => {
  it('Each mini-program is committed, submitted, released and verified once, and every event is published once', async () => {
    const appids = newAppids(5);
    const { id } = await rollouts.create(appids);
    const rollout = await rollouts.until(id);
    expect(rollout.counts).toEqual([
      expect.objectContaining({
        step: 'ROLLOUT_STEP_VERIFY',
        state: 'ROLLOUT_TARGET_STATE_SUCCEEDED',
        count: 5,
      }),
    ]);
    expect(rollout).toMatchObject({ submissions: 5, holds: [], endTime: expect.any(Date) });
    await eventually(() => eventsOf(id).some(({ name }) => name === 'RolloutCompleted'));
    expect(eventsOf(id).map(({ name, headers }) => [name, headers.ce_subject])).toEqual([
      ['RolloutStarted', id],
      ...appids.map(() => ['RolloutTargetCompleted', expect.stringMatching(`^${id}/wx`)]),
      ['RolloutWaveCompleted', id],
      ['RolloutCompleted', id],
    ]);
    expect(new Set(eventsOf(id).map((event) => event.id)).size).toBe(8);
    for (const appid of appids) {
      const calls = await world.sim.callCounts(appid);
      for (const api of ['wxa/commit', 'wxa/submit_audit', 'wxa/release'])
        expect(calls[appid]?.[api]).toBe(1);
    }
  }, 60_000);

  it('A budget, a manual gate, a pause and a cancellation hold a rollout until the calls that end them', async () => {
    const appids = newAppids(4);
    const two = { size: { $case: 'count' as const, value: 2 } };
    // Its first audit stays open until the budget has held the second submission.
    await world.sim.patchPlatform({ auditRules: [{ decision: 'approve', delayMs: 3_600_000 }] });
    const { id } = await rollouts.create(appids, {
      waves: [two, { ...two, submitGate: { manual: true } }],
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
    await eventually(async () =>
      (await rollouts.get(id)).counts.some(({ count, state }) => count === 2 && state.endsWith('SUCCEEDED')),
    );
    await rollouts.call('pauseRollout', { id, onBehalfOf: 'li', reason: 'lunch' });
    await rollouts.call('advanceRollout', {
      id,
      wave: 2,
      gate: 'ROLLOUT_GATE_TYPE_SUBMIT',
      onBehalfOf: '',
      reason: '',
    });
    const states = (await rollouts.targets(id)).map(({ state }) =>
      state.replace('ROLLOUT_TARGET_STATE_', ''),
    );
    expect(states).toEqual(['SUCCEEDED', 'SUCCEEDED', 'PENDING', 'PENDING']);
    await rollouts.call('resumeRollout', { id, onBehalfOf: '', reason: '' });
    await rollouts.call('cancelRollout', { id, onBehalfOf: '', reason: 'wrong template' });
    const { counts } = await rollouts.until(id, 'CANCELLED');
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(4);
    await eventually(() => eventsOf(id).some(({ name }) => name === 'RolloutCancelled'));
    expect(eventsOf(id).map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ...['RolloutStarted', 'RolloutHeld', 'RolloutHoldCleared', 'RolloutGateReached', 'RolloutPaused'],
        ...['RolloutResumed', 'RolloutCancelled'],
      ]),
    );
    const seqs = eventsOf(id).flatMap(({ json }) => ('seq' in json ? [Number(json.seq)] : []));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  }, 60_000);

  it('The workers count the moves of a rollout and log its start and its end once', async () => {
    const { workers } = world.stack.addresses;
    const sums = async () => {
      const pages = await Promise.all(workers.map(scrape));
      const sum = (series: string) => pages.reduce((all, page) => all + (page.get(series) ?? 0), 0);
      return {
        commits: sum('wxa_rollout_moves_total{step="COMMIT",result="passed"}'),
        verified: sum('wxa_rollout_moves_total{step="VERIFY",result="passed"}'),
        turns: sum('wxa_rollout_turn_duration_seconds_count'),
      };
    };
    const before = await sums();
    const { id } = await rollouts.create(newAppids(3));
    await rollouts.until(id);
    await eventually(async () => {
      const after = await sums();
      expect(after).toMatchObject({ commits: before.commits + 3, verified: before.verified + 3 });
      expect(after.turns).toBeGreaterThan(before.turns);
    });
    const own = async () => {
      const lines = (await Promise.all(world.apps.map((app) => logged(app, 'rollout ')))).flat();
      return lines.filter(({ rollout }) => rollout === id);
    };
    await eventually(async () =>
      expect((await own()).map(({ msg }) => msg).sort()).toEqual(['rollout completed', 'rollout started']),
    );
    for (const line of await own())
      expect(line).toMatchObject({ caller: expect.any(String), seq: expect.any(String) });
  }, 60_000);
});
