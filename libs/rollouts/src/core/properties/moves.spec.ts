import { expect, it } from '@jest/globals';
import {
  RolloutReadiness_OnNotReady as OnNotReady,
  RolloutAudit_OnOpenAudit as OnOpenAudit,
} from '@wxa/contracts';
import fc from 'fast-check';
import { admission } from '../advance/admission.js';
import { advance } from '../advance/advance.js';
import {
  CHECKED,
  contextOf,
  errorOf,
  later,
  NEEDED,
  NOW,
  specOf,
  step,
  targetOf,
} from '../fixtures/samples.js';
import type { RolloutContext } from '../rollout.js';
import { STEP_NUMBERS, type Step, type Target, type TargetFacts } from '../target.js';
import { type Action, type Course, OBSTACLE, Play, type Script } from './play.js';

const RUNS = { numRuns: 300 };

const gray = { graySteps: [{ percentage: 10, pause: { seconds: 600n } }, { percentage: 50 }] };
const speedUp = { waves: [{ size: { $case: 'rest' as const, value: true }, speedUp: true }] };
const onOpen = (onOpenAudit: OnOpenAudit) => ({ audit: { ...specOf().audit, onOpenAudit } });

const specs: Parameters<typeof specOf>[0][] = [
  {},
  CHECKED,
  { release: gray },
  onOpen(OnOpenAudit.ON_OPEN_AUDIT_WAIT),
  onOpen(OnOpenAudit.ON_OPEN_AUDIT_WITHDRAW),
  { firstStep: step('RELEASE'), lastStep: step('RELEASE') },
  { ...CHECKED, lastStep: step('CHECK') },
  { settings: {} },
  { readiness: {} },
  { readiness: { onNotReady: OnNotReady.ON_NOT_READY_WAIT }, settings: {} },
];
const context = fc.constantFrom<RolloutContext[]>(
  ...specs.map((fields) => contextOf({ spec: specOf(fields) })),
  contextOf({
    spec: specOf({ release: { ...gray, firstReleaseToAll: true }, ...speedUp }),
    canSpeedUp: true,
  }),
  contextOf({ isRollback: true }),
);
const steps = Object.keys(STEP_NUMBERS) as Step[];

const CODES = [
  85009, 85013, 85018, 85019, 85052, 85079, 85080, 85082, 85085, 86008, 87011, 87012, 89405, 61003,
];
const error = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom(...CODES).map((errcode) => ({ errcode })),
  fc.constantFrom('VERSION_MISMATCH', 'DEADLINE', 'NOT_AUTHORIZED').map((reason) => ({ reason })),
);
const errorOrNull = error.map((fields) => (fields === undefined ? null : errorOf(fields)));
const path = fc.array(fc.constantFrom('RUNNING' as const, 'RETRYING' as const, 'IN_DOUBT' as const), {
  maxLength: 3,
});
const version = fc.constantFrom('1.2.3', '1.0');
const course: fc.Arbitrary<Course> = fc.record({ path, error, version, done: fc.boolean() });
const courses = fc.array(course, { minLength: 1, maxLength: 3 });
const NAMES = [
  ...['commit', 'check0', 'check2', 'check3', 'submit', 'undo', 'speedup', 'gray0', 'gray1', 'release'],
  ...['domains', 'webview', 'guide', 'interfaces3', 'interfaces1000', 'apply4'],
  ...['verify0', 'verify100', 'verify1', 'verify2', 'verify3', 'rollback0', 'rollback1'],
];
const FIRST = { auditId: '5', auditState: null };

const script: fc.Arbitrary<Script> = fc.record({
  courses: fc.record(Object.fromEntries(NAMES.map((name) => [name, courses])), { requiredKeys: [] }),
  usual: fc.constant<Course>({ path: ['RUNNING'], version: '1.2.3', done: true }),
  verdict: fc.constantFrom('APPROVED', 'REJECTED', 'WITHDRAWN'),
  first: fc.constantFrom(
    { ...FIRST, step: 'VERIFY' as const, grayShare: null, isReleased: true },
    { ...FIRST, step: 'RELEASE' as const, grayShare: 0, isReleased: false },
  ),
  isReady: fc.boolean(),
});
const ACTIONS: Action[] = [
  ...(['look', 'look', 'stale-look', 'admit', 'operation', 'verdict', 'read', 'minute', 'hour'] as const),
];
/** Long enough for every step. */
const actions = fc.array(fc.constantFrom(...ACTIONS), { maxLength: 200, size: 'max' });

const audits = (['OPEN', 'APPROVED', 'REJECTED', 'WITHDRAWN'] as const).map((state) => ({
  ...{ operationId: 'op-1', state, submittedAt: NOW, delayedAt: null, reason: '' },
}));
const anyFacts: fc.Arbitrary<TargetFacts> = fc.record({
  operation: fc.oneof(
    fc.constantFrom('deleted' as const, null),
    fc.record({
      id: fc.constantFrom('op-1', 'op-2'),
      method: fc.constantFrom('Commit', 'SubmitAudit', 'Release', 'GetVersionInfo'),
      state: fc.constantFrom('QUEUED', 'RUNNING', 'RETRYING', 'IN_DOUBT', 'SUCCEEDED', 'FAILED', 'CANCELLED'),
      error: errorOrNull,
      result: fc.oneof(fc.jsonValue(), fc.constantFrom({ release: { version: '1.2.3' } }, { done: true })),
      endedAt: fc.constantFrom(null, NOW),
      isOwn: fc.constantFrom(true, true, true, false),
      isUnsent: fc.constant(false),
    }),
  ),
  audit: fc.constantFrom(null, ...audits),
  hasOtherOpenAudit: fc.boolean(),
  isHeldElsewhere: fc.boolean(),
  isOfNewer: fc.boolean(),
  authorization: fc.constantFrom('AUTHORIZED', 'NOT_AUTHORIZED', 'NO_PERMISSION_SET_18', 'UNKNOWN'),
  isAuthorizedAgain: fc.boolean(),
  settings: fc.constantFrom(null, NEEDED),
  inventory: fc.option(
    fc.record({
      readAt: fc.constantFrom(null, NOW, later(-3_600_000)),
      askedAt: fc.constantFrom(null, NOW),
      versionsAt: fc.constantFrom(null, NOW),
      obstacles: fc.constantFrom([], [OBSTACLE]),
      reviewedAt: fc.constantFrom(null, NOW),
      isLive: fc.boolean(),
      isBusy: fc.boolean(),
    }),
  ),
  first: fc.constant(null),
});

const FINAL: readonly string[] = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'];
const STATES = ['PENDING', 'RUNNING', 'IN_DOUBT', ...FINAL] as Target['state'][];
const WAITS = [
  ...['AUDIT', 'PRIVACY_CHECK', 'GRAY_PAUSE', 'OPEN_AUDIT', 'OTHER_ROLLOUT', 'OPERATION', 'VERIFY'],
  ...['READINESS', 'READ', 'INTERFACE'],
];
const stateAndWait: fc.Arbitrary<Partial<Target>> = fc.oneof(
  fc.constantFrom(...STATES).map((state) => ({ state, waitsFor: null })),
  fc.constantFrom(...WAITS).map((waitsFor) => ({ state: 'WAITING', waitsFor }) as Partial<Target>),
);
const restOfTarget: fc.Arbitrary<Partial<Target>> = fc.record({
  step: fc.constantFrom(...steps),
  part: fc.nat(15),
  attempt: fc.integer({ min: 1, max: 32_767 }),
  holdsAppid: fc.boolean(),
  dueAt: fc.constantFrom(null, NOW, later(-1), later(1)),
  privacyAt: fc.constantFrom(null, later(1)),
  operationId: fc.constantFrom(null, 'op-1'),
  auditOperationId: fc.constantFrom(null, 'op-1'),
  auditId: fc.constantFrom(null, '5'),
  error: errorOrNull,
});
const anyTarget = fc
  .tuple(stateAndWait, restOfTarget)
  .map(([state, fields]) => targetOf({ ...state, ...fields }));

const rolloutState = fc.constantFrom('RUNNING' as const, 'PAUSED' as const, 'CANCELLING' as const);

it('Every step, state and facts have exactly one valid move', () => {
  fc.assert(
    fc.property(anyTarget, anyFacts, context, rolloutState, (target, facts, rollout, state) => {
      const moves = [
        advance(target, facts, { ...rollout, state }, NOW),
        admission(target, facts, { ...rollout, state }, NOW).move,
      ];
      for (const { target: to, ...move } of moves) {
        expect(to.waitsFor !== null).toBe(to.state === 'WAITING');
        expect(to.attempt).toBeGreaterThanOrEqual(target.attempt);
        expect(move.isCompleted).toBe(FINAL.includes(to.state) && move.change !== 'none');
        expect(to.completions).toBe(target.completions + (move.isCompleted ? 1 : 0));
        expect(move.releasesAppid).toBe(target.holdsAppid && !to.holdsAppid);
        if (move.change === 'none') expect(to).toEqual(target);
        // A wait without an end would need a wake-up that may be missing.
        if (to.state === 'WAITING' && move.change === 'moved') expect(to.dueAt).not.toBeNull();
        if (move.isCompleted) expect([to.holdsAppid, to.dueAt]).toEqual([false, null]);
      }
    }),
    { numRuns: 3_000 },
  );
});

it('Any order of looks leads to the same end, also with duplicated, stale and late ones', () => {
  fc.assert(
    fc.property(context, script, actions, (rollout, given, played) => {
      const prompt = new Play(rollout, given);
      expect(prompt.finish()).toBe(true);
      const other = new Play(rollout, given);
      for (const next of played) other.do(next);
      expect(other.finish()).toBe(true);
      const end = ({ target, submissions, keys }: Play) => ({
        step: target.step,
        state: target.state,
        reason: target.error?.reason,
        completions: target.completions,
        submissions,
        // The verdict may come before the speed-up.
        operations: keys.filter((key) => !key.includes('speedup')).length,
      });
      expect(end(other)).toEqual(end(prompt));
    }),
    RUNS,
  );
});

it('No idempotency key is used for two executions, and attempt never decreases', () => {
  const retries = fc.array(fc.option(fc.constantFrom(...steps)), { maxLength: 4 });
  fc.assert(
    fc.property(context, script, actions, retries, (rollout, given, acts, all) => {
      const play = new Play(rollout, given);
      for (const from of [null, ...all]) {
        for (const next of acts) play.do(next);
        play.finish();
        play.retry(from);
      }
      expect(new Set(play.keys).size).toBe(play.keys.length);
      expect(Math.max(...play.keys.map(({ length }) => length), 0)).toBeLessThanOrEqual(60);
      expect(play.attempts).toEqual([...play.attempts].sort((a, b) => a - b));
    }),
    RUNS,
  );
});
