import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RolloutAudit_OnOpenAudit, RolloutCheck, RolloutStep } from '@wxa/contracts';
import { newAppids, specOf } from '../rollouts/rollout-steps.js';
import { auditDecision, audits, opened } from '../store/audit-steps.js';
import { claim, claimed, settle } from '../store/operation-steps.js';
import { newOperation } from '../store/scratch-store.js';
import { sql, useStore, value, worker } from '../store/use-store.js';
import { FROM_CHECK, refusalOf, steps } from './turn-steps.js';

useStore();
beforeAll(() => worker.limits.addQuota(''));
beforeEach(async () => {
  await steps.endAll();
  await sql('update audit_quota set rest = null, observed_at = null, submitted_since = 0');
});

const HOUR_AGO = `submitted_at - interval '1 hour'`;
const TIMEOUT = { audit: { ...specOf().audit, timeout: { seconds: 3600n } } };

describe('max_open_audits', () => {
  it('An audit of a target that timed out or was taken out counts for max_open_audits until it is decided', async () => {
    const appids = newAppids(4);
    const [late = '', out = ''] = appids;
    const id = await steps.begin(appids, { ...FROM_CHECK, ...TIMEOUT, auditBudget: { maxOpenAudits: 2 } });
    await steps.succeed(id);
    await steps.turns();
    await sql(`update audits set submitted_at = ${HOUR_AGO} where appid = $1`, late);
    await steps.skip(id, { appids: [out] });
    await steps.clock(3_600_000);
    await steps.turns();
    expect(await steps.states(id)).toEqual(['FAILED', 'SKIPPED', 'PENDING', 'PENDING']);
    expect((await steps.rollout(id)).holds).toMatchObject([{ cause: 'CAUSE_OPEN_AUDITS', targets: 2 }]);
    for (const [appid, states] of [
      [late, ['RUNNING', 'PENDING']],
      [out, ['RUNNING', 'RUNNING']],
    ] as const) {
      const auditId = await value<string>('select audit_id::text from audits where appid = $1', appid);
      await audits.poll(appid, auditId ?? '', auditDecision('REJECTED', 'POLL', Date.now()));
      await steps.turns();
      expect(await steps.states(id)).toEqual(['FAILED', 'SKIPPED', ...states]);
    }
  });

  it('An audit that timed out counts for max_open_audits also after a retry from an earlier step', async () => {
    const id = await steps.begin(newAppids(2), {
      ...{ ...FROM_CHECK, ...TIMEOUT, auditBudget: { maxOpenAudits: 1 } },
    });
    await steps.succeed(id);
    await sql(`update audits set submitted_at = ${HOUR_AGO} where rollout_id = $1`, id);
    await steps.turns();
    expect(await steps.states(id)).toEqual(['FAILED', 'PENDING']);
    await steps.retry(id, undefined, 'CHECK');
    await steps.turns();
    expect(await steps.states(id)).toEqual(['PENDING', 'PENDING']);
    expect((await steps.rollout(id)).holds).toMatchObject([{ cause: 'CAUSE_OPEN_AUDITS', targets: 2 }]);
  });
});

describe('the audit quota', () => {
  it.each([
    ['before', 0],
    ['before', -120_000],
    ['after', -120_000],
  ])(
    'An audit submitted after the quota was asked for counts if a turn sees it %s the answer, by a clock %d ms ahead',
    async (order, aheadMs) => {
      const [appid = '', asked = ''] = newAppids(2);
      const id = await steps.begin([appid], FROM_CHECK);
      const query = newOperation({ appid: asked, method: 'GetAuditQuota', isChange: false });
      await worker.limits.lookAtQuota('', (quota) => quota.ask(query));
      const operation = claimed(await claim(query.id));
      const endedAt = new Date(Date.now() + aheadMs);
      await steps.succeed(id, '', { endedAt, auditEffect: opened(`${Date.now()}`, endedAt.getTime()) });
      if (order === 'before') await steps.turns();
      await settle(operation, 'SUCCEEDED', { result: JSON.stringify({ rest: 10, limit: 10 }) });
      await worker.limits.lookAtQuota('', async (quota) => {
        if (quota.state.answer !== null) await quota.observe(quota.state.answer);
      });
      await steps.turns();
      expect((await steps.rollout(id)).submissions).toBe(1);
      const stored = await sql('select rest, submitted_since from audit_quota');
      expect(stored).toEqual([{ rest: 10, submitted_since: 1 }]);
    },
  );

  it('A reserve holds nothing while the quota is known, also if the first step has nothing to do', async () => {
    await sql(`update audit_quota set rest = 100, "limit" = 100, observed_at = now()`);
    const id = await steps.begin(newAppids(1), { ...FROM_CHECK, auditBudget: { reserve: 5 } });
    expect(await steps.open(id)).toMatchObject([{ method: 'SubmitAudit' }]);
    expect(await sql(`select from rollout_changes where rollout_id = $1 and type = 'HELD'`, id)).toEqual([]);
  });

  it('A reserve holds submissions after a pause until the quota is read again', async () => {
    await sql(`update audit_quota set rest = 100, "limit" = 100, observed_at = now() - interval '1 day'`);
    const id = await steps.start(newAppids(1), { ...FROM_CHECK, auditBudget: { reserve: 5 } });
    await steps.pause(id);
    await steps.resume(id);
    await steps.turns();
    expect(await steps.open(id)).toEqual([]);
    expect((await steps.rollout(id)).holds).toMatchObject([{ cause: 'CAUSE_AUDIT_BUDGET', targets: 1 }]);
    await worker.limits.lookAtQuota('', (quota) =>
      quota.observe({ result: { rest: 100, limit: 100 }, at: new Date() }),
    );
    await steps.turns();
    expect(await steps.open(id)).toMatchObject([{ method: 'SubmitAudit' }]);
  });

  it('A reserve holds submissions while the quota cannot be read, but not if no mini-program is authorized', async () => {
    const appids = newAppids(2);
    await sql(
      `insert into authorizers (appid, state) select appid, 'AUTHORIZED' from unnest($1::text[]) appid`,
      appids,
    );
    const turns = () => steps.turns({ checksAuthorization: true });
    const id = await steps.start(appids, { auditBudget: { reserve: 5 } });
    await turns();
    await steps.succeed(id);
    const query = newOperation({ appid: appids[0] ?? '', isChange: false });
    await worker.limits.lookAtQuota('', (quota) => quota.ask(query));
    await steps.settle(query.id, 'FAILED', refusalOf(48001));
    await turns();
    const hold = { cause: 'CAUSE_AUDIT_BUDGET', targets: 2, detail: expect.stringContaining('48001') };
    expect((await steps.rollout(id)).holds).toMatchObject([hold]);
    await sql(`update authorizers set state = 'UNAUTHORIZED'`);
    await steps.clock(60_000);
    await turns();
    expect((await steps.open(id)).map(({ method }) => method)).toEqual(['SubmitAudit', 'SubmitAudit']);
  });
});

it('A target whose wait for an open audit begins while that audit ends is submitted by the next turn', async () => {
  const [appid = ''] = newAppids(1);
  await audits.submitted(appid, '1', Date.now());
  const onOpenAudit = RolloutAudit_OnOpenAudit.ON_OPEN_AUDIT_WAIT;
  const id = await steps.begin([appid], { ...FROM_CHECK, audit: { ...specOf().audit, onOpenAudit } });
  await steps.fail(id, 85009);
  await steps.turn(() => audits.poll(appid, '1', auditDecision('APPROVED', 'POLL', Date.now())));
  expect(await steps.targets(id)).toMatchObject([{ state: 'WAITING', waits_for: 'OPEN_AUDIT' }]);
  await steps.turns();
  expect(await steps.open(id)).toMatchObject([{ requestId: `rollout-${id}-submit-2` }]);
});

it('A target that authorizes again while it waits for an open audit applies its settings again, also if it is held then', async () => {
  const [appid = ''] = newAppids(1);
  await sql(`insert into authorizers (appid, state) values ($1, 'AUTHORIZED')`, appid);
  await audits.submitted(appid, '1', Date.now());
  const { ROLLOUT_STEP_SETTINGS: firstStep } = RolloutStep;
  const audit = { ...specOf().audit, onOpenAudit: RolloutAudit_OnOpenAudit.ON_OPEN_AUDIT_WAIT };
  const id = await steps.begin([appid], { firstStep, settings: {}, audit });
  await steps.succeed(id);
  await steps.turns();
  await steps.fail(id, 85009);
  await steps.turns();
  expect(await steps.targets(id)).toMatchObject([{ state: 'WAITING', waits_for: 'OPEN_AUDIT' }]);
  await steps.pause(id);
  await sql('update authorizers set authorized_at = clock_timestamp() where appid = $1', appid);
  await audits.poll(appid, '1', auditDecision('APPROVED', 'POLL', Date.now()));
  await steps.turns();
  await steps.resume(id);
  await steps.turns();
  expect(await steps.open(id)).toMatchObject([{ method: 'GetPrivacyGuide' }]);
});

it.each([
  ['after a check', RolloutCheck.ROLLOUT_CHECK_BASELINE, []],
  ['when it is retried after a failed check', RolloutCheck.ROLLOUT_CHECK_CATEGORIES, ['FAILED']],
])(
  'A target that authorizes again while a check takes over 2 minutes applies its settings again %s',
  async (_, check, failed) => {
    const [appid = ''] = newAppids(1);
    await sql(`insert into authorizers (appid, state) values ($1, 'AUTHORIZED')`, appid);
    const { ROLLOUT_STEP_SETTINGS: firstStep } = RolloutStep;
    const id = await steps.begin([appid], { firstStep, settings: {}, checks: [check] });
    await steps.succeed(id);
    await steps.turns();
    await sql('update authorizers set authorized_at = clock_timestamp() where appid = $1', appid);
    await steps.clock(120_000);
    await steps.turns();
    expect(await steps.targets(id)).toMatchObject([{ state: 'WAITING', waits_for: 'OPERATION' }]);
    await steps.succeed(id);
    await steps.turns();
    expect((await steps.states(id)).filter((state) => state === 'FAILED')).toEqual(failed);
    await steps.retry(id);
    await steps.turns();
    expect(await steps.open(id)).toMatchObject([{ method: 'GetPrivacyGuide' }]);
  },
);
