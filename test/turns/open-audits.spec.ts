import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RolloutStep } from '@wxa/contracts';
import { newAppids, specOf } from '../rollouts/rollout-steps.js';
import { AuditSteps, auditDecision } from '../store/audit-steps.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { TurnSteps } from './turn-steps.js';

let scratch: ScratchStore;
let steps: TurnSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new TurnSteps(scratch);
});
afterAll(() => scratch?.close());

const ALL_FAILED = { states: ['ROLLOUT_TARGET_STATE_FAILED'] };
const statesOf = async (id: string) => (await steps.targets(id)).map(({ state }) => state);

describe('max_open_audits', () => {
  it('An audit of a target that timed out or was taken out counts for max_open_audits until it is decided', async () => {
    const [late = '', out = '', next = '', last = ''] = newAppids(4);
    const id = await steps.start([late, out, next, last], {
      firstStep: RolloutStep.ROLLOUT_STEP_CHECK,
      audit: { ...specOf().audit, timeout: { seconds: 3600n } },
      auditBudget: { maxOpenAudits: 2 },
    });
    await steps.turns();
    await steps.succeed(id, '');
    await steps.turns();
    await scratch.sql(`update audits set submitted_at = submitted_at - interval '1 hour' where appid = $1`, [
      late,
    ]);
    await steps.skip(id, [out]);
    await steps.clock(3_600_000);
    await steps.turns();
    const HELD = ['FAILED', 'SKIPPED', 'PENDING', 'PENDING'];
    expect(await statesOf(id)).toEqual(HELD);
    expect((await steps.rollout(id)).holds).toMatchObject([{ cause: 'CAUSE_OPEN_AUDITS', targets: 2 }]);
    const ended = new AuditSteps(scratch);
    for (const [appid, states] of [
      [late, [...HELD.slice(0, 2), 'RUNNING', 'PENDING']],
      [out, [...HELD.slice(0, 2), 'RUNNING', 'RUNNING']],
    ] as const) {
      const [{ audit = '' } = {}] = await scratch.sql<{ audit: string }>(
        'select audit_id::text as audit from audits where appid = $1',
        [appid],
      );
      await ended.poll(appid, audit, auditDecision('REJECTED', 'POLL', Date.now()));
      await steps.turns();
      expect(await statesOf(id)).toEqual(states);
    }
  });

  it('An audit that timed out counts for max_open_audits also after a retry from an earlier step', async () => {
    const id = await steps.start(newAppids(2), {
      firstStep: RolloutStep.ROLLOUT_STEP_CHECK,
      audit: { ...specOf().audit, timeout: { seconds: 3600n } },
      auditBudget: { maxOpenAudits: 1 },
    });
    await steps.turns();
    await steps.succeed(id, '');
    await scratch.sql(
      `update audits set submitted_at = submitted_at - interval '1 hour' where rollout_id = $1`,
      [id],
    );
    await steps.turns();
    expect(await statesOf(id)).toEqual(['FAILED', 'PENDING']);
    await steps.retry(id, ALL_FAILED, 'CHECK');
    await steps.turns();
    expect(await statesOf(id)).toEqual(['PENDING', 'PENDING']);
    expect((await steps.rollout(id)).holds).toMatchObject([{ cause: 'CAUSE_OPEN_AUDITS', targets: 2 }]);
  });
});
