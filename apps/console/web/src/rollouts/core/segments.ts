import { type Count, type Filter, type Rollout, type RolloutSpec, short } from '../types.js';

/**
 * The parts of a rollout's bar: how targets ended, what the others do, from the last step to the first, and what has not begun; with the
 * token of Ant Design that colours each: green for what users have, amber for what waits or was left, red for what failed.
 */
export const SEGMENTS = {
  ...{ succeeded: 'colorSuccess', verifying: 'green4', releasing: 'cyan', gray: 'cyan4', approved: 'blue4' },
  ...{ inAudit: 'purple', submitting: 'geekblue', privacyCheck: 'geekblue4', preparing: 'blue' },
  ...{ rollingBack: 'magenta', waitsForOwner: 'gold', waitsForInterface: 'gold', waitsForAudit: 'gold' },
  ...{ waitsForRollout: 'gold', waitsForOperation: 'gold', inDoubt: 'orange', failed: 'colorError' },
  ...{ skipped: 'colorTextTertiary', cancelled: 'colorTextQuaternary', notStarted: 'colorFillSecondary' },
} as const;
export type Segment = keyof typeof SEGMENTS;

/** A part of a bar with the filter that lists at least its targets. */
export interface Part {
  segment: Segment;
  count: number;
  filter: Pick<Filter, 'states' | 'steps'>;
}

type Segments = Readonly<Record<string, Segment>>;
const OF_STATE: Segments = {
  ...{ SUCCEEDED: 'succeeded', IN_DOUBT: 'inDoubt', FAILED: 'failed', SKIPPED: 'skipped' },
  CANCELLED: 'cancelled',
};
const OF_WAIT: Segments = {
  ...{ AUDIT: 'inAudit', PRIVACY_CHECK: 'privacyCheck', GRAY_PAUSE: 'gray', VERIFY: 'verifying' },
  ...{ OPEN_AUDIT: 'waitsForAudit', OTHER_ROLLOUT: 'waitsForRollout', OPERATION: 'waitsForOperation' },
  ...{ READINESS: 'waitsForOwner', INTERFACE: 'waitsForInterface' },
};
/** All others prepare. */
const OF_STEP: Segments = {
  ...{ SUBMIT_AUDIT: 'submitting', AUDIT: 'inAudit', RELEASE: 'releasing', VERIFY: 'verifying' },
  ROLL_BACK: 'rollingBack',
};

/** @param firstStep a target that is pending there has not begun. */
function segmentOf({ state, step, waitsFor }: Count, firstStep: string): Segment {
  const ended = OF_STATE[short(state)] ?? OF_WAIT[short(waitsFor)];
  if (ended !== undefined) return ended;
  if (short(state) === 'PENDING' && short(step) === firstStep) return 'notStarted';
  if (short(state) === 'PENDING' && short(step) === 'RELEASE') return 'approved';
  return OF_STEP[short(step)] ?? 'preparing';
}

const FORWARD = ['READINESS', 'COMMIT', 'SETTINGS', 'CHECK', 'SUBMIT_AUDIT', 'AUDIT', 'RELEASE', 'VERIFY'];

/** The steps of a rollout in order, without prefixes. */
export function stepsOf({ spec, rollbackOf }: Pick<Rollout, 'spec' | 'rollbackOf'>): string[] {
  if (rollbackOf) return ['ROLL_BACK', 'VERIFY'];
  const hasReadiness = Boolean(spec?.readiness ?? spec?.continuous);
  const first = short(spec?.firstStep) || (hasReadiness ? 'READINESS' : 'COMMIT');
  const last = short(spec?.lastStep) || 'VERIFY';
  return FORWARD.slice(FORWARD.indexOf(first), FORWARD.indexOf(last) + 1).filter((step) => {
    if (step === 'READINESS') return hasReadiness;
    return step !== 'SETTINGS' || Boolean(spec?.settings ?? spec?.continuous);
  });
}

/** The parts that have targets, in the order of the bar. */
export function partsOf(
  rollout: Pick<Rollout, 'spec' | 'rollbackOf'>,
  counts: readonly Count[] | undefined,
): Part[] {
  const [firstStep = ''] = stepsOf(rollout);
  const parts = new Map<Segment, Required<Pick<Filter, 'states' | 'steps'>> & { count: number }>();
  for (const one of counts ?? []) {
    const segment = segmentOf(one, firstStep);
    const part = parts.get(segment) ?? { count: 0, states: [], steps: [] };
    part.count += one.count ?? 0;
    if (one.state && !part.states.includes(one.state)) part.states.push(one.state);
    if (one.step && !part.steps.includes(one.step)) part.steps.push(one.step);
    parts.set(segment, part);
  }
  return (Object.keys(SEGMENTS) as Segment[]).flatMap((segment) => {
    const { count = 0, states = [], steps = [] } = parts.get(segment) ?? {};
    const isEnd = Object.values(OF_STATE).includes(segment);
    return count === 0 ? [] : [{ segment, count, filter: isEnd ? { states } : { states, steps } }];
  });
}

/** The number of targets in a segment. */
export function countOf(parts: readonly Part[], of: Segment): number {
  return parts.find(({ segment }) => segment === of)?.count ?? 0;
}

/** The shares of the users that a gray release of this rollout has, as in `10–50%`. */
export function grayShare(spec: RolloutSpec | undefined): string {
  const shares = (spec?.release?.graySteps ?? []).map(({ percentage }) => percentage ?? 0);
  const [first = 0, last = 0] = [shares[0], shares.at(-1)];
  if (shares.length === 0) return '';
  return first === last ? `${first}%` : `${first}–${last}%`;
}

const ENDED = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'];

/** The targets that have not ended. */
export function unfinished(counts: readonly Count[] | undefined): number {
  return sum((counts ?? []).filter(({ state }) => !ENDED.includes(short(state))));
}

/** The targets of a wave that no longer hold the next wave's gate: those past AUDIT (submit gates) and those that ended. */
export function passed(counts: readonly Count[] | undefined, gate: string, isRollback: boolean): number {
  const isPast = (step: string) =>
    short(gate) === 'SUBMIT' && !isRollback && (step === 'RELEASE' || step === 'VERIFY');
  return sum((counts ?? []).filter(({ step, state }) => ENDED.includes(short(state)) || isPast(short(step))));
}

function sum(counts: readonly Count[]): number {
  return counts.reduce((total, { count }) => total + (count ?? 0), 0);
}
