import { expect, it } from '@jest/globals';
import {
  type RolloutFailure,
  RolloutWait,
  RolloutTargetState as State,
  RolloutStep as Step,
} from '@wxa/contracts';
import { filterOf } from '../progress/filter.js';
import { CHANGED_BY, reachOf } from './reach.js';

const { ROLLOUT_WAIT_UNSPECIFIED: waitsFor } = RolloutWait;
const count = (step: Step, state: State, count: number) => ({ step, state, count, waitsFor });
const { ROLLOUT_STEP_COMMIT: COMMIT, ROLLOUT_STEP_AUDIT: AUDIT } = Step;
const { ROLLOUT_TARGET_STATE_FAILED: FAILED, ROLLOUT_TARGET_STATE_SKIPPED: SKIPPED } = State;
const first = [count(COMMIT, FAILED, 12), count(AUDIT, FAILED, 9)];
const second = [
  count(AUDIT, FAILED, 1),
  count(COMMIT, SKIPPED, 2),
  count(COMMIT, State.ROLLOUT_TARGET_STATE_PENDING, 50),
];
const times = { submitOpenTime: undefined, releaseOpenTime: undefined, endTime: undefined };
const wave = (wave: number, counts: typeof first) => ({ wave, targets: 100, counts, ...times });
const rollout = { counts: [...first, ...second], waves: [wave(1, first), wave(2, second)] };
const group = (step: Step, reason: string, count: number, title = reason): RolloutFailure => ({
  ...{ state: FAILED, step, reason, errcode: 0, title, count },
  ...{ sampleAppids: [], hint: '', retryable: true },
});
const failures = [
  group(COMMIT, 'EXT_JSON', 12),
  group(AUDIT, 'AUDIT_REJECTED', 8, '1.1'),
  group(AUDIT, 'AUDIT_REJECTED', 2, '2.1'),
];

const reach = (query: string, command: 'retry' | 'skip' = 'retry', groups = failures) =>
  reachOf(filterOf(new URLSearchParams(query)), CHANGED_BY[command], rollout, groups);

it.each([
  ['', 24],
  ['state=FAILED', 22],
  ['state=FAILED&step=AUDIT', 10],
  ['state=FAILED&wave=1', 21],
  ['reason=AUDIT_REJECTED', 10],
  ['reason=AUDIT_REJECTED&title=1.1', 8],
  ['reason=NONE', 0],
])('The filter %p reaches exactly %d targets that a retry can change', (query, targets) => {
  expect(reach(query)).toEqual({ targets, isExact: true });
});

it('A skip reaches what has not begun or has failed', () => {
  expect(reach('wave=2', 'skip')).toEqual({ targets: 51, isExact: true });
});

it.each([
  ['wave=2&reason=AUDIT_REJECTED', 1],
  ['wave=1&reason=EXT_JSON', 12],
  ['appid=wx0123456789abcdef', 1],
])('The filter %p reaches at most %d targets', (query, targets) => {
  expect(reach(query)).toEqual({ targets, isExact: false });
});

it('A cause that is not among the 100 groups of the list is counted by its states', () => {
  const many = Array.from({ length: 100 }, (_, i) => group(AUDIT, `OTHER_${i}`, 1));
  expect(reach('reason=SMALL&step=COMMIT', 'retry', many)).toEqual({ targets: 14, isExact: false });
});
