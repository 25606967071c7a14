import { describe, expect, it } from '@jest/globals';
import { RolloutHold_Cause as Cause, RolloutAudit_OnOpenAudit } from '@wxa/contracts';
import { ROOMS } from '@wxa/methods';
import { contextOf, later, NO_LIMITS, NOW, progressOf, specOf, waveOf } from '../fixtures/samples.js';
import type { Count, Progress, TurnLimits } from '../rollout.js';
import { admit } from './admit.js';
import { speedUpRoom } from './budget.js';
import { holdChanges, holds } from './holds.js';

const QUOTA = { rest: 100, limit: 200, speedupRest: 10, speedupLimit: 20, submittedSince: 0 };

const open = (counts: Partial<Count>[], fields: Partial<Progress> = {}): Progress =>
  progressOf({ submitWave: 1, releaseWave: 1, waves: [waveOf(1, counts)], ...fields });
const limitsOf = (fields: Partial<TurnLimits>): TurnLimits => ({ ...NO_LIMITS, ...fields });
const withBudget = (auditBudget: object) => contextOf({ spec: specOf({ auditBudget }) });
const SUBMITS: Partial<Count> = { step: 'SUBMIT_AUDIT', targets: 50 };
/** 6 targets. */
const IN_FLIGHT: Partial<Count>[] = [
  { step: 'SUBMIT_AUDIT', state: 'RUNNING', targets: 3 },
  { step: 'SUBMIT_AUDIT', state: 'WAITING', waitsFor: 'OPERATION', targets: 2 },
  { step: 'SUBMIT_AUDIT', state: 'IN_DOUBT', targets: 1 },
];
const stepsOf = (context = contextOf(), progress = open([SUBMITS]), limits: Partial<TurnLimits> = {}) =>
  admit(context, progress, limitsOf(limits)).steps;
/** How many submissions are admitted. */
const submits = (...args: Parameters<typeof stepsOf>) =>
  stepsOf(...args).find(({ step }) => step === 'SUBMIT_AUDIT')?.limit ?? 0;
const holdsOf = (context = contextOf(), progress = open([SUBMITS]), limits: Partial<TurnLimits> = {}) =>
  holds(context, progress, limitsOf(limits), NOW);
const causes = (...args: Parameters<typeof holdsOf>) =>
  holdsOf(...args).map(({ cause }) => cause.replace('CAUSE_', ''));

describe('admit', () => {
  const counts: Partial<Count>[] = [
    ...(['COMMIT', 'VERIFY', 'RELEASE', 'CHECK', 'AUDIT'] as const).map((step) => ({ step })),
    SUBMITS,
  ];
  const UNFINISHED: Partial<Count> = { state: 'WAITING', waitsFor: 'OPERATION', targets: 2_000 };

  it('Steps that have begun are admitted first', () => {
    const steps = stepsOf(contextOf(), open(counts)).map(({ step }) => step);
    expect(steps).toEqual(['VERIFY', 'RELEASE', 'AUDIT', 'SUBMIT_AUDIT', 'CHECK', 'COMMIT']);
  });

  it.each<[string, number, Partial<Count>[], number]>([
    ['max_in_flight − RUNNING', 200, [{ state: 'RUNNING', targets: 150 }], 50],
    ['0 at 10 × max_in_flight unfinished operations', 200, [UNFINISHED], 0],
    ['at most 500 a turn', 2_000, [], 500],
  ])('The room is %s', (_what, maxInFlight, more, room) => {
    const context = contextOf({ spec: specOf({ maxInFlight }) });
    expect(admit(context, open([SUBMITS, ...more]), NO_LIMITS).room).toBe(room);
  });

  it.each(['PAUSED', 'CANCELLING', 'COMPLETED'] as const)('A %s rollout admits nothing', (state) => {
    expect(admit(contextOf({ state }), open(counts), NO_LIMITS)).toEqual({ room: 0, steps: [], speedUps: 0 });
  });

  it('RELEASE needs its release gate, all other steps their submit gate', () => {
    const waves = [waveOf(1, counts), waveOf(2, counts)];
    const steps = stepsOf(contextOf(), progressOf({ waves, submitWave: 2, releaseWave: 1 }));
    const limits = steps.map(({ step, maxWave, limit }) => [step, maxWave, limit]);
    expect(limits).toEqual(
      expect.arrayContaining([
        ['RELEASE', 1, 1],
        ['COMMIT', 2, 2],
      ]),
    );
  });
});

describe('audit budget', () => {
  const progress = open([SUBMITS, ...IN_FLIGHT], { submissions: 10 });
  const quota = { ...QUOTA, submittedSince: 30 };
  const UNREAD = 'the audit quota is not read yet, reserve 1';
  /** No mini-program is authorized, so no submission uses an audit. */
  const nobody = { canReadQuota: false, isQuotaRead: false };

  const says = (reason: string, limit: string) => ({
    explanation: { reason, arguments: { used: limit, limit } },
  });

  it.each<[string, object, Partial<TurnLimits>, number]>([
    ['Submissions, with those in flight, stay within max_submissions', { maxSubmissions: 20 }, {}, 4],
    ['max_submissions counts those of this rollout', { maxSubmissions: 20 }, { otherSubmissions: 3 }, 4],
    [
      'Open audits, with those in flight, stay below max_open_audits',
      { maxOpenAudits: 15 },
      { openAudits: 7 },
      2,
    ],
    ['Submissions, with those in flight, leave the reserve', { reserve: 60 }, { quota }, 4],
    ['Submissions of other rollouts use the same quota', { reserve: 60 }, { quota, otherSubmissions: 3 }, 1],
    ['A quota that is unknown has no effect', { reserve: 60 }, { quota: null }, 50],
    ['A quota of 0 of 0 is unknown', { reserve: 60 }, { quota: { ...quota, rest: 0, limit: 0 } }, 50],
    [
      'With a reserve nothing is submitted before the quota is read',
      { reserve: 1 },
      { isQuotaRead: false },
      0,
    ],
    ['Without a reserve the quota need not be read', { maxSubmissions: 99 }, { isQuotaRead: false }, 50],
    ['A quota that nobody can read limits nothing', { reserve: 99 }, { canReadQuota: false, quota }, 50],
    ['A quota that nobody can read need not be read', { reserve: 1, maxSubmissions: 18 }, nobody, 2],
  ])('%s', (_what, budget, limits, count) => {
    expect(submits(withBudget(budget), progress, limits)).toBe(count);
  });

  it.each<[object, Partial<TurnLimits>, object]>([
    [{ maxSubmissions: 16 }, {}, { cause: Cause.CAUSE_AUDIT_BUDGET, ...says('SUBMISSIONS', '16') }],
    [
      { maxOpenAudits: 13 },
      { openAudits: 7 },
      { cause: Cause.CAUSE_OPEN_AUDITS, ...says('OPEN_AUDITS', '13') },
    ],
    [{ reserve: 64 }, { quota }, { cause: Cause.CAUSE_AUDIT_BUDGET, detail: 'audits left 64, reserve 64' }],
    [{ reserve: 1 }, { isQuotaRead: false }, { cause: Cause.CAUSE_AUDIT_BUDGET, detail: UNREAD }],
  ])('A budget of %j with the limits %j holds all submissions', (budget, limits, hold) => {
    expect(holdsOf(withBudget(budget), progress, limits)).toMatchObject([{ targets: 50, ...hold }]);
  });

  it('A hold says why the quota cannot be read', () => {
    const quotaProblem = '48001: api unauthorized';
    const failed = '(GetAuditQuota failed: 48001: api unauthorized)';
    const details = (limits: Partial<TurnLimits>) =>
      holdsOf(withBudget({ reserve: 100 }), progress, { quotaProblem, ...limits }).map(
        ({ detail }) => detail,
      );
    const unread = `the audit quota is not read yet ${failed}, reserve 100`;
    expect(details({ isQuotaRead: false })).toEqual([unread]);
    expect(details({ quota: QUOTA })).toEqual([`audits left 94 ${failed}, reserve 100`]);
    const [hold] = holdsOf(withBudget({ reserve: 100 }), progress, { quotaProblem, quota: QUOTA });
    expect(hold?.explanation).toEqual({
      reason: 'QUOTA_RESERVED_UNREADABLE',
      arguments: { left: '94', limit: '100', problem: quotaProblem },
    });
  });

  it('Speed-ups with those in flight stay within max_speed_ups and the quota', () => {
    const speeding: Partial<Count> = { step: 'AUDIT', state: 'RUNNING', targets: 2 };
    const room = (maxSpeedUps: number, quota: TurnLimits['quota']) =>
      speedUpRoom(withBudget({ maxSpeedUps }), open([speeding], { speedUps: 3 }), limitsOf({ quota }));
    expect([room(0, null), room(5, null), room(9, null), room(50, QUOTA)]).toEqual([0, 0, 4, 8]);
    expect(room(50, { ...QUOTA, speedupRest: 0 })).toBe(0);
    expect(room(50, { ...QUOTA, speedupRest: -1, speedupLimit: 0 })).toBe(0);
    expect(admit(withBudget({ maxSpeedUps: 6 }), open([speeding]), NO_LIMITS).speedUps).toBe(4);
  });
});

describe('85085', () => {
  const stops = [{ api: 'wxa/submit_audit', until: null, byQuota: true }];
  const stopped = { stops, quotaReadAt: later(3_600_000) };

  it('While wxa/submit_audit is stopped for its quota, AUDIT_QUOTA is the only hold, and other steps are not held', () => {
    const progress = open([{ step: 'RELEASE' }, SUBMITS]);
    expect(stepsOf(contextOf(), progress, stopped).map(({ step }) => step)).toEqual(['RELEASE']);
    const hold = { cause: Cause.CAUSE_AUDIT_QUOTA, until: later(3_600_000), targets: 50 };
    expect(holdsOf(withBudget({ maxOpenAudits: 1 }), progress, stopped)).toMatchObject([hold]);
  });

  it('In the hour after a lift at most 10 submissions of all rollouts are in flight', () => {
    const lifted = (otherSubmissions: number) => ({ isJustLifted: true, otherSubmissions });
    const progress = open([SUBMITS, ...IN_FLIGHT]);
    expect(submits(contextOf(), open([SUBMITS]), lifted(0))).toBe(10);
    expect(submits(contextOf(), progress, lifted(1))).toBe(3);
    const detail = 'submissions in flight 10, at most 10 in the hour after an 85085';
    const hold = { cause: Cause.CAUSE_AUDIT_QUOTA, detail, targets: 50 };
    expect(holdsOf(contextOf(), progress, lifted(4))).toMatchObject([hold]);
    expect(submits(contextOf(), progress, { otherSubmissions: 4 })).toBe(50);
  });
});

describe('holds', () => {
  const stop = (api: string) => ({ stops: [{ api, until: later(1_000), byQuota: false }] });

  it('A stopped API holds the steps that call it', () => {
    const progress = open([{ step: 'COMMIT', targets: 4 }, SUBMITS]);
    const steps = stepsOf(contextOf(), progress, stop('wxa/commit')).map(({ step }) => step);
    expect(steps).toEqual(['SUBMIT_AUDIT']);
    const hold = { cause: Cause.CAUSE_API_STOPPED, api: 'wxa/commit', targets: 4, until: later(1_000) };
    expect(holdsOf(contextOf(), progress, stop('wxa/commit'))).toMatchObject([hold]);
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
      { step: 'READINESS', state: 'WAITING', waitsFor: 'READINESS', targets: 2 },
    ];
    const progress = progressOf({ submitWave: 1, waves: [waveOf(1, counts), waveOf(2, [{ targets: 9 }])] });
    expect(holdsOf(contextOf(), progress)).toMatchObject([
      {
        ...{ cause: Cause.CAUSE_GATE, wave: 2, gate: 'ROLLOUT_GATE_TYPE_SUBMIT', targets: 9 },
        step: 'ROLLOUT_STEP_COMMIT',
        detail: '3 of 4 targets of wave 1 have passed, 100 % required; not ready: 2',
        explanation: {
          reason: 'GATE_SHARE',
          arguments: {
            ...{ passed: '3', targets: '4', wave: '1', percent: '100' },
            ...{ not_ready: '2', manual: 'false' },
          },
        },
      },
      { cause: Cause.CAUSE_GATE, wave: 1, gate: 'ROLLOUT_GATE_TYPE_RELEASE', targets: 3 },
    ]);
  });

  it('A gate that waits for others shows its not_before until that has passed, and no time after it', () => {
    const notBefore = later(1_000);
    const size = { $case: 'count' as const, value: 1 };
    const spec = specOf({ waves: [{ size }, { size, submitGate: { notBefore } }] });
    const progress = progressOf({ submitWave: 1, waves: [waveOf(1, [{}]), waveOf(2, [{}])] });
    const untilAt = (ms: number) =>
      holds(contextOf({ spec }), progress, NO_LIMITS, later(ms)).map(({ until }) => until);
    expect([untilAt(0), untilAt(1_000)]).toEqual([[notBefore], [undefined]]);
  });

  it('A hold that lasts keeps its beginning; only others than gates begin and end with events', () => {
    const before = holdsOf(contextOf(), open([{}]), stop('wxa/commit'));
    const limits = limitsOf(stop('wxa/commit'));
    const after = holds(contextOf(), open([{}], { holds: before }), limits, later(5_000));
    expect(after).toMatchObject([{ since: NOW }]);
    expect(holdChanges([], before)).toMatchObject({ began: [{ api: 'wxa/commit' }], cleared: [] });
    expect(holdChanges(before, after)).toEqual({ began: [], cleared: [] });
    expect(holdChanges(before, [])).toMatchObject({ began: [], cleared: [{ api: 'wxa/commit' }] });
    const gate = holdsOf(contextOf(), progressOf({ waves: [waveOf(1, [{}])] }));
    expect([gate.length, holdChanges([], gate).began]).toEqual([1, []]);
  });

  it('A rollout that is not RUNNING has no holds', () => {
    const limits = { isJustLifted: true, otherSubmissions: 10 };
    expect(causes(contextOf({ state: 'PAUSED' }), open([SUBMITS]), limits)).toEqual([]);
  });
});

describe('the limit of the caller', () => {
  const limitedTo = (unfinished: number, used = 0) => ({ caller: { name: 'shop', unfinished, used } });
  const room = (limits: Partial<TurnLimits>, progress = open([SUBMITS])) =>
    admit(contextOf(), progress, limitsOf(limits)).room;

  it('Rollouts take half of it, with what the caller has unfinished besides, and what is in flight', () => {
    const rooms = [limitedTo(100), limitedTo(101, 20), limitedTo(10_000), limitedTo(1), limitedTo(1, 1)];
    expect(rooms.map((limits) => room(limits))).toEqual([50, 30, 200, 1, 0]);
    expect(room(limitedTo(100, 20), open([SUBMITS, ...IN_FLIGHT]))).toBe(24);
    const none = admit(contextOf(), open([SUBMITS]), limitsOf(limitedTo(100, 70)));
    expect(none).toEqual({ room: 0, steps: [], speedUps: 0 });
  });

  it('The limit of the caller is a hold of all targets that wait in open waves, from the first step of them', () => {
    const waves = [waveOf(1, [SUBMITS, { step: 'COMMIT', targets: 4 }]), waveOf(2, [{ targets: 9 }])];
    const progress = progressOf({ submitWave: 1, releaseWave: 1, waves });
    const detail = 'caller shop has 50 unfinished operations, rollouts may use 50 of 100';
    expect(holdsOf(contextOf(), progress, limitedTo(100, 50))).toMatchObject([
      { cause: Cause.CAUSE_GATE, targets: 9 },
      { cause: Cause.CAUSE_CALLER_LIMIT, step: 'ROLLOUT_STEP_COMMIT', targets: 54, until: undefined, detail },
    ]);
    expect(holdsOf(contextOf(), open([SUBMITS]), limitedTo(100, 49))).toEqual([]);
    expect(holdsOf(contextOf(), open([{ state: 'RUNNING' }]), limitedTo(100, 50))).toEqual([]);
  });
});

describe('the monthly limits of the caller', () => {
  const of = (most: number, used: number) => ({ name: 'shop', most, used });

  it('Submissions, with those in flight, stay within the audits of the month, and the rest are held', () => {
    const progress = open([SUBMITS, ...IN_FLIGHT, { step: 'COMMIT', targets: 4 }]);
    const audits = (most: number, used: number) => ({ callerAudits: of(most, used) });
    expect(submits(contextOf(), progress, audits(20, 10))).toBe(4);
    expect(holdsOf(contextOf(), progress, audits(20, 13))).toEqual([]);
    const detail = 'caller shop has 21 audits this month, of at most 20';
    const hold = { cause: Cause.CAUSE_CALLER_LIMIT, step: 'ROLLOUT_STEP_SUBMIT_AUDIT', targets: 50, detail };
    expect(holdsOf(contextOf(), progress, audits(20, 15))).toMatchObject([hold]);
    const both = { ...audits(20, 15), caller: { name: 'shop', unfinished: 2, used: 0 } };
    expect(holdsOf(contextOf(), progress, both)).toMatchObject([
      { step: 'ROLLOUT_STEP_COMMIT', targets: 54 },
    ]);
  });

  it('Speed-ups stay within those of the month, without a hold', () => {
    const context = withBudget({ maxSpeedUps: 9 });
    const room = (most: number, used: number) =>
      speedUpRoom(context, open([]), limitsOf({ callerSpeedUps: of(most, used) }));
    expect([room(20, 18), room(20, 20), room(20, 21), room(20, 5)]).toEqual([2, 0, 0, 9]);
    expect(holdsOf(context, open([{ step: 'AUDIT' }]), { callerSpeedUps: of(1, 1) })).toEqual([]);
  });
});
