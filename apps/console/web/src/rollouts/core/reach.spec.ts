import { expect, it } from '@jest/globals';
import type { Count, Failure, Rollout } from '../types.js';
import { filterOf } from './filter.js';
import { reachOf } from './reach.js';

const at = (step: string, state: string) => ({
  step: `ROLLOUT_STEP_${step}`,
  state: `ROLLOUT_TARGET_STATE_${state}`,
});
const count = (step: string, state: string, count: number) => ({ ...at(step, state), count }) as Count;
const first = [count('COMMIT', 'FAILED', 12), count('AUDIT', 'FAILED', 9)];
const second = [count('AUDIT', 'FAILED', 1), count('COMMIT', 'SKIPPED', 2), count('COMMIT', 'PENDING', 50)];
const wave = (wave: number, counts: Count[]) => ({ wave, targets: 100, counts });
const rollout = { counts: [...first, ...second], waves: [wave(1, first), wave(2, second)] } as Rollout;
const group = (step: string, reason: string, count: number, title = reason) =>
  ({ ...at(step, 'FAILED'), reason, title, count }) as Failure;
const failures = [
  group('COMMIT', 'EXT_JSON', 12),
  group('AUDIT', 'AUDIT_REJECTED', 8, '1.1'),
  group('AUDIT', 'AUDIT_REJECTED', 2, '2.1'),
];

const reach = (query: string, command: 'retry' | 'skip' = 'retry', groups = failures) =>
  reachOf(filterOf(new URLSearchParams(query)), command, rollout, groups);

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
  const many = Array.from({ length: 100 }, (_, i) => group('AUDIT', `OTHER_${i}`, 1));
  expect(reach('reason=SMALL&step=COMMIT', 'retry', many)).toEqual({ targets: 14, isExact: false });
});

it('A cause is counted by its states while the failure groups are not read yet', () => {
  const filter = filterOf(new URLSearchParams('reason=EXT_JSON&step=COMMIT'));
  expect(reachOf(filter, 'retry', rollout, undefined)).toEqual({ targets: 14, isExact: false });
});
