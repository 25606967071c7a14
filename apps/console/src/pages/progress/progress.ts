import {
  type Rollout,
  type RolloutCount,
  RolloutGateType,
  RolloutStep,
  RolloutWait,
  type RolloutWaveStatus,
  RolloutTargetState as State,
} from '@wxa/contracts';
import { TEXTS, type TextKey } from '../../text/text.js';
import { type Kind, stepsOf } from '../../ui/state.js';

/** The parts of the bar, in order: what targets do now or how they ended. */
export const PARTS = [
  'succeeded',
  'inAudit',
  'running',
  'waiting',
  'failed',
  'inDoubt',
  'skipped',
  'cancelled',
] as const;
export type Part = (typeof PARTS)[number];

export const KIND_OF_PART: Record<Part, Kind | 'audit'> = {
  succeeded: 'good',
  inAudit: 'audit',
  running: 'active',
  waiting: 'waiting',
  failed: 'bad',
  inDoubt: 'doubt',
  skipped: 'ended',
  cancelled: 'ended',
};

const PART_OF_STATE: Partial<Record<State, Part>> = {
  [State.ROLLOUT_TARGET_STATE_SUCCEEDED]: 'succeeded',
  [State.ROLLOUT_TARGET_STATE_RUNNING]: 'running',
  [State.ROLLOUT_TARGET_STATE_FAILED]: 'failed',
  [State.ROLLOUT_TARGET_STATE_IN_DOUBT]: 'inDoubt',
  [State.ROLLOUT_TARGET_STATE_SKIPPED]: 'skipped',
  [State.ROLLOUT_TARGET_STATE_CANCELLED]: 'cancelled',
};

type Counts = readonly RolloutCount[];

/** The number of targets in each part. */
export function parts(counts: Counts): Record<Part, number> {
  return sums(PARTS, counts, ({ state, waitsFor }) =>
    waitsFor === RolloutWait.ROLLOUT_WAIT_AUDIT ? 'inAudit' : (PART_OF_STATE[state] ?? 'waiting'),
  );
}

/** The columns of the table of waves after the number of targets. */
const COLUMNS = [
  'COMMIT',
  'SETTINGS',
  'CHECK',
  'SUBMIT_AUDIT',
  'AUDIT',
  'toRelease',
  'gray',
  'RELEASE',
  'ROLL_BACK',
  'VERIFY',
  'succeeded',
  'failed',
  'inDoubt',
  'skipped',
  'cancelled',
] as const;
export type Column = (typeof COLUMNS)[number];

const TEXTS_OF: Partial<Record<Part | Column, TextKey>> = { failed: 'failedTargets', AUDIT: 'inAudit' };

/** The text of a part or a column: of its own name, or of its step. */
export function textOf(name: Part | Column): TextKey {
  return TEXTS_OF[name] ?? ((name in TEXTS ? name : `step.${name}`) as TextKey);
}

const COLUMN_OF_STEP: Partial<Record<RolloutStep, Column>> = {
  [RolloutStep.ROLLOUT_STEP_COMMIT]: 'COMMIT',
  [RolloutStep.ROLLOUT_STEP_SETTINGS]: 'SETTINGS',
  [RolloutStep.ROLLOUT_STEP_CHECK]: 'CHECK',
  [RolloutStep.ROLLOUT_STEP_SUBMIT_AUDIT]: 'SUBMIT_AUDIT',
  [RolloutStep.ROLLOUT_STEP_AUDIT]: 'AUDIT',
  [RolloutStep.ROLLOUT_STEP_RELEASE]: 'RELEASE',
  [RolloutStep.ROLLOUT_STEP_ROLL_BACK]: 'ROLL_BACK',
  [RolloutStep.ROLLOUT_STEP_VERIFY]: 'VERIFY',
};

/** The number of targets in each column: those at work by step, the others by how they ended. */
export function columns(counts: Counts): Record<Column, number> {
  return sums(COLUMNS, counts, ({ step, state, waitsFor }) => {
    const part = PART_OF_STATE[state];
    if (part !== undefined && part !== 'running') return part;
    if (waitsFor === RolloutWait.ROLLOUT_WAIT_GRAY_PAUSE) return 'gray';
    const isApproved =
      step === RolloutStep.ROLLOUT_STEP_RELEASE && state === State.ROLLOUT_TARGET_STATE_PENDING;
    return isApproved ? 'toRelease' : (COLUMN_OF_STEP[step] ?? 'COMMIT');
  });
}

/** The columns that a rollout can have: its steps, and how its targets can end. */
export function columnsOf(rollout: Rollout): Column[] {
  const steps = stepsOf(rollout).map((step) => COLUMN_OF_STEP[step]);
  const isReleased = steps.includes('RELEASE');
  const isShown: Partial<Record<Column, boolean>> = {
    toRelease: isReleased,
    gray: isReleased && (rollout.spec?.release?.graySteps.length ?? 0) > 0,
    ...{ succeeded: true, failed: true, inDoubt: true, skipped: true },
    cancelled: columns(rollout.counts).cancelled > 0,
  };
  return COLUMNS.filter((column) => isShown[column] ?? steps.includes(column));
}

const ENDED: readonly State[] = [
  State.ROLLOUT_TARGET_STATE_SUCCEEDED,
  State.ROLLOUT_TARGET_STATE_FAILED,
  State.ROLLOUT_TARGET_STATE_SKIPPED,
  State.ROLLOUT_TARGET_STATE_CANCELLED,
];
const AFTER_AUDIT: readonly RolloutStep[] = [
  RolloutStep.ROLLOUT_STEP_RELEASE,
  RolloutStep.ROLLOUT_STEP_VERIFY,
];

/** The targets of a wave that no longer hold the next wave's gate: those past AUDIT (submit gates) and those that ended. */
export function passed({ counts }: RolloutWaveStatus, gate: RolloutGateType, isRollback: boolean): number {
  const isPast = (step: RolloutStep) =>
    gate === RolloutGateType.ROLLOUT_GATE_TYPE_SUBMIT && !isRollback && AFTER_AUDIT.includes(step);
  return counts
    .filter(({ step, state }) => ENDED.includes(state) || isPast(step))
    .reduce((sum, { count }) => sum + count, 0);
}

/** The targets that have not ended. */
export function unfinished(counts: Counts): number {
  return counts.filter(({ state }) => !ENDED.includes(state)).reduce((sum, { count }) => sum + count, 0);
}

function sums<K extends string>(
  keys: readonly K[],
  counts: Counts,
  keyOf: (count: RolloutCount) => K,
): Record<K, number> {
  const found = Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
  for (const one of counts) found[keyOf(one)] += one.count;
  return found;
}
