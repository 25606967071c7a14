import { describe, expect, it } from '@jest/globals';
import { RolloutHold_Cause as Cause, RolloutAudit_OnOpenAudit } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import { contextOf, later, NO_LIMITS, NOW, progressOf, specOf, waveOf } from '../fixtures/samples.js';
import type { Count, PlatformLimits, Progress } from '../rollout.js';
import { admit } from './admit.js';
import { speedUpRoom } from './budget.js';
import { holdChanges, holds } from './holds.js';

const QUOTA = { rest: 100, limit: 200, speedupRest: 10, speedupLimit: 20, submittedSince: 0 };

const open = (counts: Partial<Count>[], fields: Partial<Progress> = {}): Progress =>
  progressOf({ submitWave: 1, releaseWave: 1, waves: [waveOf(1, counts)], ...fields });
const limitsOf = (fields: Partial<PlatformLimits>): PlatformLimits => ({ ...NO_LIMITS, ...fields });
const withBudget = (auditBudget: object) => contextOf({ spec: specOf({ auditBudget }) });
const SUBMITS: Partial<Count> = { step: 'SUBMIT_AUDIT', targets: 50 };
const IN_FLIGHT: Partial<Count>[] = [
  { step: 'SUBMIT_AUDIT', state: 'RUNNING', targets: 3 },
  { step: 'SUBMIT_AUDIT', state: 'WAITING', waitsFor: 'OPERATION', targets: 2 },
  { step: 'SUBMIT_AUDIT', state: 'IN_DOUBT', targets: 1 },
];

/** How many submissions are admitted. */
function submits(
  context = contextOf(),
  progress = open([SUBMITS]),
  limits: PlatformLimits = NO_LIMITS,
): number {
  const { steps } = admit(context, progress, limits);
  return steps.find(({ step }) => step === 'SUBMIT_AUDIT')?.limit ?? 0;
}
const causes = (context = contextOf(), progress = open([SUBMITS]), limits: PlatformLimits = NO_LIMITS) =>
  holds(context, progress, limits, NOW).map(({ cause }) => cause.replace('CAUSE_', ''));

describe('admit', () => {
  const counts: Partial<Count>[] = [
    { step: 'COMMIT' },
    { step: 'VERIFY' },
    { step: 'RELEASE' },
    { step: 'CHECK' },
    { step: 'AUDIT' },
    SUBMITS,
  ];

  it('Steps that have begun are admitted first', () => {
    expect(admit(contextOf(), open(counts), NO_LIMITS).steps.map(({ step }) => step)).toEqual([
      'VERIFY',
      'RELEASE',
      'AUDIT',
      'SUBMIT_AUDIT',
      'CHECK',
      'COMMIT',
    ]);
  });

  it.each([
    { title: 'max_in_flight', counts: [], room: 200 },
    { title: 'max_in_flight − RUNNING', counts: [{ state: 'RUNNING' as const, targets: 150 }], room: 50 },
    {
      title: '0 at 10 × max_in_flight unfinished operations',
      counts: [{ state: 'WAITING' as const, waitsFor: 'OPERATION' as const, targets: 2_000 }],
      room: 0,
    },
  ])('The room is $title', ({ counts: more, room }) => {
    expect(admit(contextOf(), open([SUBMITS, ...more]), NO_LIMITS).room).toBe(room);
  });

  it('The room is at most 500 a turn', () => {
    expect(admit(contextOf({ spec: specOf({ maxInFlight: 2_000 }) }), open(counts), NO_LIMITS).room).toBe(
      500,
    );
  });

  it.each(['PAUSED', 'CANCELLING', 'COMPLETED'] as const)('A %s rollout admits nothing', (state) => {
    expect(admit(contextOf({ state }), open(counts), NO_LIMITS)).toEqual({ room: 0, steps: [], speedUps: 0 });
  });

  it('RELEASE needs its release gate, all other steps their submit gate', () => {
    const waves = [waveOf(1, counts), waveOf(2, counts)];
    const { steps } = admit(contextOf(), progressOf({ waves, submitWave: 2, releaseWave: 1 }), NO_LIMITS);
    expect(steps.map(({ step, maxWave, limit }) => [step, maxWave, limit])).toContainEqual(['RELEASE', 1, 1]);
    expect(steps.map(({ step, maxWave, limit }) => [step, maxWave, limit])).toContainEqual(['COMMIT', 2, 2]);
  });
});

describe('audit budget', () => {
  const progress = open([SUBMITS, ...IN_FLIGHT], { submissions: 10 });

  it('Submissions with those in flight stay within max_submissions', () => {
    expect(submits(withBudget({ maxSubmissions: 20 }), progress)).toBe(4);
    expect(causes(withBudget({ maxSubmissions: 16 }), progress)).toEqual(['AUDIT_BUDGET']);
  });

  it('Open audits with submissions in flight stay within max_open_audits', () => {
    const limits = limitsOf({ openAudits: 7 });
    expect(submits(withBudget({ maxOpenAudits: 15 }), progress, limits)).toBe(2);
    expect(causes(withBudget({ maxOpenAudits: 13 }), progress, limits)).toEqual(['OPEN_AUDITS']);
  });

  it('Submissions with those in flight leave the reserve', () => {
    const quota = { ...QUOTA, submittedSince: 30 };
    expect(submits(withBudget({ reserve: 60 }), progress, limitsOf({ quota }))).toBe(4);
    const [hold] = holds(withBudget({ reserve: 64 }), progress, limitsOf({ quota }), NOW);
    expect(hold).toMatchObject({
      cause: Cause.CAUSE_AUDIT_BUDGET,
      detail: 'audits left 64, reserve 64',
      targets: 50,
    });
  });

  it('Submissions of other rollouts in flight use the same quota', () => {
    const limits = limitsOf({ quota: { ...QUOTA, submittedSince: 30 }, otherSubmissions: 3 });
    expect(submits(withBudget({ reserve: 60 }), progress, limits)).toBe(1);
    expect(submits(withBudget({ maxSubmissions: 20 }), progress, limitsOf({ otherSubmissions: 3 }))).toBe(4);
  });

  it.each([null, { ...QUOTA, rest: 0, limit: 0 }])('A quota that is unknown (%p) has no effect', (quota) => {
    expect(submits(withBudget({ reserve: 60 }), progress, limitsOf({ quota }))).toBe(50);
  });

  it('With a reserve nothing is submitted before the first read of the quota', () => {
    const limits = limitsOf({ isQuotaRead: false });
    expect(submits(withBudget({ reserve: 1 }), progress, limits)).toBe(0);
    expect(holds(withBudget({ reserve: 1 }), progress, limits, NOW)).toMatchObject([
      { cause: Cause.CAUSE_AUDIT_BUDGET, detail: 'the audit quota is not read yet, reserve 1' },
    ]);
    expect(submits(withBudget({ maxSubmissions: 99 }), progress, limits)).toBe(50);
  });

  it('If no mini-program is authorized, the quota limits nothing: no submission uses an audit', () => {
    const nobody = { canReadQuota: false };
    expect(submits(withBudget({ reserve: 1 }), progress, limitsOf({ ...nobody, isQuotaRead: false }))).toBe(
      50,
    );
    expect(submits(withBudget({ reserve: 99 }), progress, limitsOf({ ...nobody, quota: QUOTA }))).toBe(50);
    const budget = withBudget({ reserve: 1, maxSubmissions: 18 });
    expect(submits(budget, progress, limitsOf({ ...nobody, isQuotaRead: false }))).toBe(2);
  });

  it('A hold says why the quota cannot be read', () => {
    const quotaProblem = '48001: api unauthorized';
    const details = (limits: Partial<PlatformLimits>) =>
      holds(withBudget({ reserve: 100 }), progress, limitsOf({ quotaProblem, ...limits }), NOW).map(
        ({ detail }) => detail,
      );
    expect(details({ isQuotaRead: false })).toEqual([
      'the audit quota is not read yet (GetAuditQuota failed: 48001: api unauthorized), reserve 100',
    ]);
    expect(details({ quota: QUOTA })).toEqual([
      'audits left 94 (GetAuditQuota failed: 48001: api unauthorized), reserve 100',
    ]);
  });

  it('Speed-ups with those in flight stay within max_speed_ups and the quota', () => {
    const speeding: Partial<Count> = { step: 'AUDIT', state: 'RUNNING', targets: 2 };
    const room = (maxSpeedUps: number, quota: PlatformLimits['quota']) =>
      speedUpRoom(withBudget({ maxSpeedUps }), open([speeding], { speedUps: 3 }), { quota });
    expect([room(0, null), room(5, null), room(9, null), room(50, QUOTA)]).toEqual([0, 0, 4, 8]);
    expect(room(50, { ...QUOTA, speedupRest: 0 })).toBe(0);
    expect(room(50, { ...QUOTA, speedupRest: -1, speedupLimit: 0 })).toBe(0);
    expect(admit(withBudget({ maxSpeedUps: 6 }), open([speeding]), NO_LIMITS).speedUps).toBe(4);
  });
});

describe('85085', () => {
  const stopped = limitsOf({
    stops: [{ api: 'wxa/submit_audit', until: null, byQuota: true }],
    quotaReadAt: later(3_600_000),
  });

  it('While wxa/submit_audit is stopped for its quota, AUDIT_QUOTA is the only hold shown for it', () => {
    expect(submits(contextOf(), open([SUBMITS]), stopped)).toBe(0);
    const [hold, ...others] = holds(withBudget({ maxOpenAudits: 1 }), open([SUBMITS]), stopped, NOW);
    expect(hold).toMatchObject({ cause: Cause.CAUSE_AUDIT_QUOTA, until: later(3_600_000), targets: 50 });
    expect(others).toEqual([]);
  });

  it('Other steps are not held', () => {
    const { steps } = admit(contextOf(), open([{ step: 'RELEASE' }, SUBMITS]), stopped);
    expect(steps.map(({ step }) => step)).toEqual(['RELEASE']);
  });

  it('In the hour after a lift at most 10 submissions of all rollouts are in flight', () => {
    const lifted = (otherSubmissions: number) => limitsOf({ isJustLifted: true, otherSubmissions });
    const progress = open([SUBMITS, ...IN_FLIGHT]);
    expect(submits(contextOf(), open([SUBMITS]), lifted(0))).toBe(10);
    expect(submits(contextOf(), progress, lifted(1))).toBe(3);
    const [hold] = holds(contextOf(), progress, lifted(4), NOW);
    expect(hold).toMatchObject({
      cause: Cause.CAUSE_AUDIT_QUOTA,
      detail: 'submissions in flight 10, at most 10 in the hour after an 85085',
      targets: 50,
    });
    expect(submits(contextOf(), progress, limitsOf({ otherSubmissions: 4 }))).toBe(50);
  });
});

describe('holds', () => {
  const stop = (api: string) => limitsOf({ stops: [{ api, until: later(1_000), byQuota: false }] });

  it('A stopped API holds the steps that call it', () => {
    const progress = open([{ step: 'COMMIT', targets: 4 }, SUBMITS]);
    expect(admit(contextOf(), progress, stop('wxa/commit')).steps.map(({ step }) => step)).toEqual([
      'SUBMIT_AUDIT',
    ]);
    expect(holds(contextOf(), progress, stop('wxa/commit'), NOW)).toMatchObject([
      { cause: Cause.CAUSE_API_STOPPED, api: 'wxa/commit', targets: 4, until: later(1_000) },
    ]);
    expect(causes(contextOf(), progress, stop('wxa/submit_audit'))).toEqual(['API_STOPPED']);
  });

  it('A stop of UndoAudit or GetLatestAuditStatus holds the steps that may call them, and no others', () => {
    const held = (api: string, spec: Parameters<typeof specOf>[0], of: Partial<Count>, isRollback = false) =>
      causes(contextOf({ spec: specOf(spec), isRollback }), open([of]), stop(api));
    const back: Partial<Count> = { step: 'ROLL_BACK' };
    const undo = ROOMS.UndoAudit.api;
    expect(held(undo, { rollbackOptions: { withdrawAudits: true } }, back, true)).toEqual(['API_STOPPED']);
    expect(held(undo, {}, back, true)).toEqual([]);
    const latest = ROOMS.GetLatestAuditStatus.api;
    const { ON_OPEN_AUDIT_WAIT, ON_OPEN_AUDIT_FAIL } = RolloutAudit_OnOpenAudit;
    expect(held(latest, { audit: { onOpenAudit: ON_OPEN_AUDIT_WAIT } }, SUBMITS)).toEqual(['API_STOPPED']);
    expect(held(latest, { audit: { onOpenAudit: ON_OPEN_AUDIT_FAIL } }, SUBMITS)).toEqual([]);
  });

  it('A closed gate at which targets wait is a hold with the numbers', () => {
    const counts: Partial<Count>[] = [
      { step: 'AUDIT', state: 'WAITING', waitsFor: 'AUDIT', targets: 1 },
      { step: 'RELEASE', targets: 3 },
    ];
    const progress = progressOf({ submitWave: 1, waves: [waveOf(1, counts), waveOf(2, [{ targets: 9 }])] });
    expect(holds(contextOf(), progress, NO_LIMITS, NOW)).toMatchObject([
      {
        cause: Cause.CAUSE_GATE,
        wave: 2,
        gate: 'ROLLOUT_GATE_TYPE_SUBMIT',
        step: 'ROLLOUT_STEP_COMMIT',
        targets: 9,
        detail: '3 of 4 targets of wave 1 have passed, 100 % required',
      },
      { cause: Cause.CAUSE_GATE, wave: 1, gate: 'ROLLOUT_GATE_TYPE_RELEASE', targets: 3 },
    ]);
  });

  it('A gate that waits for others shows its not_before until that has passed, and no time after it', () => {
    const notBefore = later(1_000);
    const waves = [1, 2].map((value) => ({
      size: { $case: 'count' as const, value },
      submitGate: value === 2 ? { notBefore } : undefined,
    }));
    const progress = progressOf({ submitWave: 1, waves: [waveOf(1, [{}]), waveOf(2, [{}])] });
    const untilAt = (ms: number) =>
      holds(contextOf({ spec: specOf({ waves }) }), progress, NO_LIMITS, later(ms)).map(({ until }) => until);
    expect([untilAt(0), untilAt(1_000)]).toEqual([[notBefore], [undefined]]);
  });

  it('A hold that lasts keeps its beginning; only others than gates begin and end with events', () => {
    const before = holds(contextOf(), open([{}]), stop('wxa/commit'), NOW);
    const progress = open([{}], { holds: before });
    const after = holds(contextOf(), progress, stop('wxa/commit'), later(5_000));
    expect(after).toMatchObject([{ since: NOW }]);
    expect(holdChanges([], before)).toMatchObject({ began: [{ api: 'wxa/commit' }], cleared: [] });
    expect(holdChanges(before, after)).toEqual({ began: [], cleared: [] });
    expect(holdChanges(before, [])).toMatchObject({ began: [], cleared: [{ api: 'wxa/commit' }] });
    const gate = holds(contextOf(), progressOf({ waves: [waveOf(1, [{}])] }), NO_LIMITS, NOW);
    expect([gate.length, holdChanges([], gate).began]).toEqual([1, []]);
  });

  it('A rollout that is not RUNNING has no holds', () => {
    expect(
      causes(
        contextOf({ state: 'PAUSED' }),
        open([SUBMITS]),
        limitsOf({ isJustLifted: true, otherSubmissions: 10 }),
      ),
    ).toEqual([]);
  });
});
