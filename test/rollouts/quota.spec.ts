import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Rollout, RolloutPlan } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { useWorld, world } from '../use-world.js';
import { wxa } from '../wxa.js';
import { newAppids, RolloutSteps, SHORT_WAITS } from './rollout-steps.js';

const API = 'wxa/submit_audit';
const APPROVE = [{ decision: 'approve' as const }];
const SPEED_UPS = { speedupRest: 5, speedupLimit: 5 };

useWorld({ env: SHORT_WAITS });

const rollouts = new RolloutSteps(() => world);
const [helper = ''] = newAppids(1);

interface QuotaRow {
  rest: number | null;
  submitted_since: number;
  lifted_at: Date | null;
  observed_at: Date;
}

const quotaRow = async (): Promise<QuotaRow> =>
  (await world.sql<QuotaRow>('select * from audit_quota'))[0] as QuotaRow;

/** WeChat's quota, and whether the service has read it. */
async function setQuota(quota: { rest: number; limit?: number; maxOpen?: number | null }, isRead = true) {
  await world.sim.patchPlatform({ auditQuota: { limit: 100, maxOpen: null, ...SPEED_UPS, ...quota } });
  if (!isRead) return;
  await world.call('GetAuditQuota', { appid: helper });
  await eventually(async () => (await quotaRow()).rest === quota.rest);
}

/** Moves all answers and the stop into the past. */
const age = async (interval: string): Promise<void> => {
  await world.sql(
    `update audit_quota set observed_at = observed_at - $1::interval, asked_at = asked_at - $1::interval`,
    [interval],
  );
  await world.sql(
    `update operations set started_at = started_at - $1::interval where method = 'GetAuditQuota'`,
    [interval],
  );
  await world.sql('update api_limits set stopped_at = stopped_at - $1::interval', [interval]);
};

const causes = ({ holds }: Rollout) => holds.map(({ cause }) => cause.replace('CAUSE_', ''));
const stateOf = async (id: string) =>
  (await rollouts.targets(id)).map(({ step, state }) =>
    `${step} ${state}`.replace('ROLLOUT_STEP_', '').replace('ROLLOUT_TARGET_STATE_', ''),
  );
const isHeld = (id: string, cause: string, succeeded = 0) =>
  eventually(async () => {
    const states = await stateOf(id);
    expect(causes(await rollouts.get(id))).toEqual([cause]);
    expect(states.filter((state) => state.endsWith('SUCCEEDED'))).toHaveLength(succeeded);
    expect(states.some((state) => state.endsWith('RUNNING'))).toBe(false);
  });
const submitCalls = async (appids: string[]) => {
  const counts = await Promise.all(appids.map((appid) => world.sim.callCounts(appid)));
  return counts.reduce((sum, each, i) => sum + (each[appids[i] ?? '']?.[API] ?? 0), 0);
};
const stops = () => world.sql(`select from api_limits where api = $1 and stopped_until > now()`, [API]);

beforeEach(() => world.sim.patchPlatform({ auditRules: APPROVE }));

describe('the audit budget of a rollout', () => {
  it('Submissions begin after the first read of the quota, end at the reserve, and begin again when a read shows more', async () => {
    await setQuota({ rest: 8 }, false);
    const appids = newAppids(5);
    const { id } = await rollouts.create(appids, { auditBudget: { reserve: 5 } });
    await isHeld(id, 'AUDIT_BUDGET', 3);
    expect(await quotaRow()).toMatchObject({ rest: 8, submitted_since: 3 });
    const draft = await rollouts.create(newAppids(9), { auditBudget: { reserve: 1 } }, false);
    const plan = await rollouts.call<RolloutPlan>('getRolloutPlan', { id: draft.id });
    expect(plan.quota).toMatchObject({ quota: { rest: 8, limit: 100, speedupRest: 5, speedupLimit: 5 } });
    expect(plan.findings.map(({ reason }) => reason)).toContain('QUOTA_SHORT');
    await setQuota({ rest: 20 }, false);
    await age('11 minutes');
    await rollouts.until(id);
    expect(await quotaRow()).toMatchObject({ rest: 20, submitted_since: 2 });
    expect(await submitCalls(appids)).toBe(5);
  }, 60_000);

  it('After an 89405 no target is sped up, and none fails', async () => {
    await setQuota({ rest: 50 });
    await world.sim.patchPlatform({ auditRules: [], auditQuota: { speedupRest: 0 } });
    const appids = newAppids(3);
    const { id } = await rollouts.create(appids, {
      maxInFlight: 1,
      waves: [{ size: { $case: 'rest', value: true }, speedUp: true }],
      auditBudget: { maxSpeedUps: 3 },
    });
    await eventually(async () => expect(await stateOf(id)).toEqual(appids.map(() => 'AUDIT WAITING')));
    const calls = await Promise.all(appids.map((appid) => world.sim.callCounts(appid)));
    expect(calls.map((each, i) => each[appids[i] ?? '']?.['wxa/speedupaudit'] ?? 0)).toEqual([1, 0, 0]);
    for (const appid of appids) await world.sim.decide(appid, { decision: 'approve' });
    expect(await rollouts.until(id)).toMatchObject({ speedUps: 0 });
  }, 60_000);
});

describe('85085', () => {
  it('Too many open audits hold submissions only, and an hour later the others are submitted, at most 10 at a time', async () => {
    await setQuota({ rest: 50, maxOpen: 2 });
    await world.sim.patchPlatform({ auditRules: [] });
    const appids = newAppids(14);
    const { id } = await rollouts.create(appids);
    await isHeld(id, 'AUDIT_QUOTA');
    const open = (await rollouts.targets(id)).filter(({ step }) => step === 'ROLLOUT_STEP_AUDIT');
    expect(open).toHaveLength(2);
    for (const { appid } of open) await world.sim.decide(appid, { decision: 'approve' });
    await isHeld(id, 'AUDIT_QUOTA', 2);
    const refused = await submitCalls(appids);
    await setQuota({ rest: 48, maxOpen: 0 }, false);
    await age('2 hours');
    await eventually(async () => expect(await submitCalls(appids)).toBeGreaterThan(refused));
    await isHeld(id, 'AUDIT_QUOTA', 2);
    const calls = await submitCalls(appids);
    expect(calls).toBeLessThanOrEqual(refused + 10);
    expect(await stops()).toHaveLength(1);
    expect(await world.sql(`select caller, detail from trail where action = 'api.resumed'`)).toEqual([
      { caller: null, detail: { api: API, waiting: 0, reason: 'an hourly try after an 85085' } },
    ]);
    const { id: hang } = await world.sim.addFault({ api: API, kind: 'hang', times: 10 });
    await setQuota({ rest: 48, maxOpen: null }, false);
    await world.sim.patchPlatform({ auditRules: APPROVE });
    await age('2 hours');
    await eventually(async () => expect((await world.sim.fault(hang)).hits).toBe(10));
    await eventually(async () => expect(causes(await rollouts.get(id))).toEqual(['AUDIT_QUOTA']));
    expect((await stateOf(id)).filter((state) => state === 'SUBMIT_AUDIT PENDING')).toHaveLength(2);
    await world.sim.releaseFault(hang);
    await rollouts.until(id);
    expect(await quotaRow()).toMatchObject({ lifted_at: expect.any(Date), submitted_since: 12 });
    expect(await submitCalls(appids)).toBe(calls + 12);
  }, 60_000);

  it('A used-up month keeps the stop at each read; a lift ends the hold at once, and so does the next month', async () => {
    await setQuota({ rest: 2 });
    await setQuota({ rest: 0 }, false);
    const first = await rollouts.create(newAppids(2), { maxInFlight: 1 });
    await isHeld(first.id, 'AUDIT_QUOTA');
    await age('2 hours');
    await eventually(async () => (await quotaRow()).rest === 0);
    await isHeld(first.id, 'AUDIT_QUOTA');
    expect(await stops()).toHaveLength(1);
    await setQuota({ rest: 1 }, false);
    await wxa(['quota', 'lift', API], { DATABASE_URL: world.stack.addresses.postgres });
    await isHeld(first.id, 'AUDIT_QUOTA', 1);
    await setQuota({ rest: 9 }, false);
    await world.sql('update api_limits set stopped_until = now()');
    await age('11 minutes');
    await rollouts.until(first.id);
    expect(await quotaRow()).toMatchObject({ rest: 9, lifted_at: null });
  }, 60_000);
});
