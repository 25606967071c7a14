import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { Journey } from '../journeys/journey.js';
import { useWorld, world } from '../use-world.js';
import { newAppids, SHORT_WAITS } from './rollout-steps.js';

const API = 'wxa/submit_audit';
const APPROVE = [{ decision: 'approve' as const }];
const SPEED_UPS = { speedupRest: 5, speedupLimit: 5 };

useWorld({ env: SHORT_WAITS });

const rollouts = new Journey(() => world);
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

/** Moves all answers and the stop into the past, at once for the worker that looks at them. */
const age = (interval: string) =>
  world.sql(
    `with quota as (
       update audit_quota set observed_at = observed_at - $1::interval, queried_at = queried_at - $1::interval
     ), answers as (
       update operations set started_at = started_at - $1::interval where method = 'GetAuditQuota'
     )
     update api_limits set stopped_at = stopped_at - $1::interval`,
    [interval],
  );

const isHeld = (id: string, cause: string, succeeded = 0) =>
  eventually(async () => {
    const places = await rollouts.places(id);
    expect((await rollouts.get(id)).holds).toMatchObject([{ cause: `CAUSE_${cause}` }]);
    expect(places.filter((place) => place.endsWith('SUCCEEDED'))).toHaveLength(succeeded);
    expect(places.some((place) => place.endsWith('RUNNING'))).toBe(false);
  });
const calls = async (api: string, appids: string[]) =>
  (await world.sim.calls({ api })).filter(({ appid }) => appids.includes(appid ?? ''));
const submitCalls = async (appids: string[]) => (await calls(API, appids)).length;
const stops = () => world.sql(`select from api_limits where api = $1 and stopped_until > now()`, [API]);

beforeEach(() => world.sim.patchPlatform({ auditRules: APPROVE }));

it('Submissions begin after the first read of the quota, end at the reserve, and begin again when a read shows more', async () => {
  await setQuota({ rest: 8 }, false);
  const appids = newAppids(5);
  const { id } = await rollouts.create(appids, { auditBudget: { reserve: 5 } });
  await isHeld(id, 'AUDIT_BUDGET', 3);
  expect(await quotaRow()).toMatchObject({ rest: 8, submitted_since: 3 });
  const draft = await rollouts.create(newAppids(9), { auditBudget: { reserve: 1 } }, false);
  expect(await rollouts.ask('getRolloutPlan', { id: draft.id })).toMatchObject({
    quota: { quota: { rest: 8, limit: 100, ...SPEED_UPS } },
    findings: expect.arrayContaining([expect.objectContaining({ reason: 'QUOTA_SHORT' })]),
  });
  await setQuota({ rest: 20 }, false);
  await age('11 minutes');
  await rollouts.until(id);
  expect(await quotaRow()).toMatchObject({ rest: 20, submitted_since: 2 });
  expect(await submitCalls(appids)).toBe(5);
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
    const submitted = await submitCalls(appids);
    expect(submitted).toBeLessThanOrEqual(refused + 10);
    expect(await stops()).toHaveLength(1);
    expect(await world.sql(`select caller, detail from trail where action = 'api.resumed'`)).toEqual([
      { caller: null, detail: { api: API, waiting: 0, reason: 'an hourly try after an 85085' } },
    ]);
    const { id: hang } = await world.sim.addFault({ api: API, kind: 'hang', times: 10 });
    await setQuota({ rest: 48, maxOpen: null }, false);
    await world.sim.patchPlatform({ auditRules: APPROVE });
    await age('2 hours');
    await eventually(async () => expect((await world.sim.fault(hang)).hits).toBe(10));
    await eventually(async () =>
      expect((await rollouts.get(id)).holds).toMatchObject([{ cause: 'CAUSE_AUDIT_QUOTA' }]),
    );
    expect((await rollouts.places(id)).filter((place) => place === 'SUBMIT_AUDIT PENDING')).toHaveLength(2);
    await world.sim.releaseFault(hang);
    await rollouts.until(id);
    expect(await quotaRow()).toMatchObject({ lifted_at: expect.any(Date), submitted_since: 12 });
    expect(await submitCalls(appids)).toBe(submitted + 12);
  });
});
